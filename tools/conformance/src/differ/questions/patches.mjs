import { isMap, mutate, ODD_VALUES, randomPointer } from '../mutate.mjs';
import { directed } from './directives.mjs';
import { get, patchStep, post, QUERIES, sampleAndObject } from './steps.mjs';

const jsonOperation = (random, pool, object) => {
  const op = random.pick(['add', 'add', 'replace', 'replace', 'remove', 'move', 'copy', 'test', 'Add']);
  const path = randomPointer(random, object);
  const from = randomPointer(random, object);
  const value = random.chance(0.6)
    ? pool.valueOf(
        random,
        path
          .split('/')
          .filter((part) => !/^(-?\d+|-)$/.test(part))
          .at(-1) ?? '',
      )
    : random.pick(ODD_VALUES);
  return { op, path, ...((op === 'move' || op === 'copy') && { from }), ...(!['remove', 'move', 'copy'].includes(op) && { value }) };
};

export const patchJson = (kit) => {
  const { random, pool } = kit;
  const { object, path, at } = sampleAndObject(kit);
  const steps = [post(path, object)];
  for (let i = 0; i < 4; i++) {
    const operations = Array.from({ length: 1 + random.below(3) }, () => jsonOperation(random, pool, object));
    steps.push(patchStep(`${at}${random.pick(QUERIES)}`, 'json-patch+json', operations));
  }
  return [...steps, get(at)];
};

/** Part of an object: only some of its fields, at every depth. */
export const partOf = (random, value) => {
  if (Array.isArray(value)) return value.filter(() => random.chance(0.6)).map((item) => partOf(random, item));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => random.chance(0.5) || key === 'name' || key === 'containerPort' || key === 'mountPath')
      .map(([key, inner]) => [key, random.chance(0.05) ? null : partOf(random, inner)]),
  );
};

export const patchBody = (random, pool, object) => {
  const { apiVersion, kind, ...rest } = mutate(random, pool, object, random.below(3));
  const body = partOf(random, rest);
  if (isMap(body.metadata)) body.metadata = { ...body.metadata, name: undefined };
  return random.chance(0.1) ? { apiVersion, kind, ...body } : body;
};

export const patchMerge = (kit) => {
  const { random, pool } = kit;
  const { object, path, at } = sampleAndObject(kit);
  const steps = [post(path, object)];
  for (let i = 0; i < 3; i++) steps.push(patchStep(`${at}${random.pick(QUERIES)}`, 'merge-patch+json', patchBody(random, pool, object)));
  return [...steps, get(at)];
};

export const patchStrategic = (kit) => {
  const { random, pool } = kit;
  const { object, path, at } = sampleAndObject(kit);
  const steps = [post(path, object)];
  for (let i = 0; i < 3; i++)
    steps.push(patchStep(`${at}${random.pick(QUERIES)}`, 'strategic-merge-patch+json', directed(random, patchBody(random, pool, object))));
  return [...steps, get(at)];
};
