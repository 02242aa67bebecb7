import { mutate } from '../mutate.mjs';
import { nameOf } from '../samples/index.mjs';
import { partOf, patchBody } from './patches.mjs';
import { get, patchStep, post, put, sampleAndObject } from './steps.mjs';

export const patchApply = (kit) => {
  const { random, pool } = kit;
  const { sample, object, path, at } = sampleAndObject(kit);
  const steps = random.chance(0.5) ? [post(`${path}?fieldManager=web`, object)] : [];
  const { apiVersion, kind } = object;
  for (let i = 0; i < 4; i++) {
    const way = random.below(10);
    if (way < 7) {
      const config =
        i === 0 && random.chance(0.5)
          ? object
          : {
              ...partOf(random, mutate(random, pool, object, random.below(2))),
              apiVersion,
              kind,
              metadata: { ...partOf(random, object.metadata), name: nameOf(sample, 'x') },
            };
      const force = random.chance(0.5) ? '&force=true' : '';
      steps.push({ ...patchStep(`${at}?fieldManager=${random.pick(['m1', 'm2', 'kubectl'])}${force}`, 'apply-patch+yaml', config) });
    } else if (way < 8) steps.push(put(`${at}?fieldManager=web`, mutate(random, pool, object, 1)));
    else if (way < 9) steps.push(patchStep(`${at}?fieldManager=m3`, 'merge-patch+json', patchBody(random, pool, object)));
    else if (sample.status !== undefined)
      steps.push(
        patchStep(`${at}/status?fieldManager=m1`, 'apply-patch+yaml', {
          apiVersion,
          kind,
          metadata: { name: nameOf(sample, 'x') },
          status: partOf(random, sample.status),
        }),
      );
  }
  return [...steps, get(at)];
};
