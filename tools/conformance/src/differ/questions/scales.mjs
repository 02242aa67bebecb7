import { mutate } from '../mutate.mjs';
import { collectionOf, objectOf, SAMPLES } from '../samples/index.mjs';
import { get, patchStep, post, put } from './steps.mjs';

export const scaleAndParts = (kit) => {
  const { random, pool } = kit;
  const own = random.pick(
    SAMPLES.filter(({ plural }) => ['deployments', 'replicasets', 'statefulsets', 'replicationcontrollers'].includes(plural)),
  );
  const collection = collectionOf(own);
  const at = `${collection}/x`;
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'x', namespace: '{{ns}}' }, spec: { replicas: 3 } };
  const steps = [post(collection, objectOf(own, 'x'))];
  for (let i = 0; i < 3; i++) {
    const way = random.below(4);
    if (way < 2) steps.push(put(`${at}/scale`, mutate(random, pool, scale, random.below(3))));
    else if (way < 3)
      steps.push(
        patchStep(`${at}/scale`, random.pick(['merge-patch+json', 'strategic-merge-patch+json']), {
          spec: { replicas: random.pick([0, 1, 7, -1, 'x', null, 1.5]) },
        }),
      );
    else
      steps.push(
        patchStep(`${at}/scale?fieldManager=m${random.below(2)}`, 'apply-patch+yaml', {
          apiVersion: 'autoscaling/v1',
          kind: 'Scale',
          metadata: { name: 'x' },
          spec: { replicas: random.below(5) },
        }),
      );
  }
  return [...steps, get(`${at}/scale`), get(at)];
};
