import { mutate } from '../mutate.mjs';
import { collectionOf, objectOf, SAMPLES } from '../samples/index.mjs';
import { FIELD_SELECTORS, LABEL_SELECTORS } from './selectors.mjs';
import { get, post, put, sampleAndObject } from './steps.mjs';

export const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

export const table = (kit) => {
  const { random, pool } = kit;
  const { sample, object, path, at } = sampleAndObject(kit);
  const steps = [post(path, random.chance(0.4) ? mutate(random, pool, object, 1) : object)];
  if (sample.status !== undefined)
    steps.push(put(`${at}/status`, { ...object, status: mutate(random, pool, sample.status, random.below(4)) }));
  const include = random.pick(['', '?includeObject=None', '?includeObject=Object', '?includeObject=Metadata']);
  steps.push(get(`${at}${include}`, { Accept: TABLE }));
  if (sample.namespaced)
    steps.push(
      get(path, {
        Accept: random.pick([TABLE, `${TABLE},application/json`, 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io']),
      }),
    );
  return steps;
};

export const read = (kit) => {
  const { random } = kit;
  const own = random.pick(SAMPLES.filter(({ namespaced }) => namespaced));
  const path = collectionOf(own);
  const steps = ['x', 'y', 'z'].map((name, i) =>
    post(path, objectOf(own, name, { labels: [{ app: 'x', n: '3' }, { app: 'y', tier: 'db', n: '7' }, {}][i] })),
  );
  for (let i = 0; i < 4; i++) {
    const query = new URLSearchParams();
    if (random.chance(0.5)) query.set('labelSelector', random.pick(LABEL_SELECTORS));
    if (random.chance(0.5)) query.set('fieldSelector', random.pick(FIELD_SELECTORS));
    if (random.chance(0.3)) query.set('limit', random.pick(['1', '2', '3', '0', '-1', 'x', '']));
    if (random.chance(0.15)) query.set('resourceVersion', random.pick(['0', 'x', '-1', '1', '{{0.metadata.resourceVersion}}']));
    if (random.chance(0.15)) query.set('resourceVersionMatch', random.pick(['Exact', 'NotOlderThan', 'x']));
    if (random.chance(0.1)) query.set('continue', random.pick(['x', 'e30', '{{3.metadata.continue}}']));
    if (random.chance(0.08)) query.set('timeoutSeconds', random.pick(['1', '0', '-1', 'x']));
    if (random.chance(0.08))
      query.set(
        random.pick(['pretty', 'watch', 'allowWatchBookmarks', 'sendInitialEvents', 'Limit', 'kind']),
        random.pick(['true', 'false', '0', '']),
      );
    const text = query.toString().replaceAll('%7B', '{').replaceAll('%7D', '}');
    const watches = query.has('watch') && !['false', '0'].includes(query.get('watch'));
    steps.push({ ...get(`${path}?${text}`), ...(watches && { watch: true }) });
  }
  return steps;
};
