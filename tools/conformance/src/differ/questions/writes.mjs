import { mutate } from '../mutate.mjs';
import { get, patchStep, post, put, QUERIES, sampleAndObject } from './steps.mjs';

/** Objects with changes at random, as they are created. */
export const create = (kit) => {
  const { random, pool } = kit;
  const { object, path, at } = sampleAndObject(kit);
  const body = mutate(random, pool, object, 1 + random.below(3));
  return [post(`${path}${random.pick(QUERIES)}`, body), get(at)];
};

/** Objects that are there, changed at random by PUT. */
export const update = (kit) => {
  const { random, pool } = kit;
  const { object, path, at } = sampleAndObject(kit);
  const steps = [post(path, object)];
  for (let i = 0; i < 3; i++) steps.push(put(`${at}${random.pick(QUERIES)}`, mutate(random, pool, object, 1 + random.below(2))));
  return [...steps, get(at)];
};

export const status = (kit) => {
  const { random, pool } = kit;
  const { sample, object, path, at } = sampleAndObject({ ...kit, random: kit.random });
  if (sample.status === undefined) return update(kit);
  const changed = () => ({
    ...(random.chance(0.3) ? mutate(random, pool, object, 1) : object),
    status: mutate(random, pool, sample.status, random.below(3)),
  });
  const steps = [post(path, object), put(`${at}/status`, changed()), get(at)];
  if (random.chance(0.5))
    steps.push(patchStep(`${at}/status`, random.pick(['merge-patch+json', 'strategic-merge-patch+json']), { status: changed().status }));
  return [...steps, get(`${at}/status`)];
};
