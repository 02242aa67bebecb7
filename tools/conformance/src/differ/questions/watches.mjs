import { collectionOf, objectOf, SAMPLES } from '../samples/index.mjs';
import { TABLE } from './reads.mjs';
import { get, patchStep, post } from './steps.mjs';

export const watch = (kit) => {
  const { random } = kit;
  const own = random.pick(SAMPLES.filter(({ namespaced, plural }) => namespaced && plural !== 'events'));
  const collection = collectionOf(own);
  const steps = [post(collection, objectOf(own, 'x', { labels: { app: 'x' } }))];
  for (let i = 0; i < 6; i++) {
    const name = random.pick(['x', 'y']);
    const labels = random.pick([{ app: 'x' }, { app: 'y' }, null]);
    const way = random.below(6);
    if (way < 2) steps.push(post(collection, objectOf(own, name, { labels: labels ?? {} })));
    else if (way < 5)
      steps.push(
        patchStep(`${collection}/${name}`, 'merge-patch+json', {
          metadata: { labels: random.pick([labels, { app: null }]), annotations: random.chance(0.5) ? { n: `${i}` } : undefined },
        }),
      );
    else steps.push({ method: 'DELETE', path: `${collection}/${name}`, body: { gracePeriodSeconds: 0 } });
  }
  const query = new URLSearchParams({
    watch: '1',
    resourceVersion: random.pick(['', '0', '{{0.metadata.resourceVersion}}', '{{0.metadata.resourceVersion}}', '1']),
  });
  if (random.chance(0.5)) query.set('labelSelector', random.pick(['app=x', 'app!=x', 'app', '!app']));
  if (random.chance(0.25)) query.set('fieldSelector', 'metadata.name=x');
  if (random.chance(0.3)) query.set('allowWatchBookmarks', 'true');
  if (random.chance(0.25)) {
    query.set('sendInitialEvents', random.pick(['true', 'false']));
    query.set('resourceVersionMatch', random.pick(['NotOlderThan', 'NotOlderThan', 'Exact']));
  }
  const accept = random.chance(0.3)
    ? {
        Accept: random.pick([
          TABLE,
          'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
          'application/yaml',
          'application/json;stream=watch',
        ]),
      }
    : undefined;
  const text = query.toString().replaceAll('%7B', '{').replaceAll('%7D', '}');
  return [...steps, { ...get(`${collection}?${text}`, accept), watch: true }];
};
