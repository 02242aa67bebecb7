import { mutate } from '../mutate.mjs';
import { get, patchStep, post, put, sampleAndObject } from './steps.mjs';

const deleteOptions = (random) => {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions' };
  if (random.chance(0.3)) body.gracePeriodSeconds = random.pick([0, 1, 5, 60, -1, null]);
  if (random.chance(0.4)) body.propagationPolicy = random.pick(['Foreground', 'Background', 'Orphan', 'x', '']);
  if (random.chance(0.1)) body.orphanDependents = random.pick([true, false]);
  if (random.chance(0.2))
    body.preconditions = random.pick([
      { uid: '{{0.metadata.uid}}' },
      { uid: 'x' },
      { resourceVersion: '{{0.metadata.resourceVersion}}' },
      { resourceVersion: '1' },
      {},
    ]);
  if (random.chance(0.15)) body.dryRun = random.pick([['All'], ['x'], []]);
  return body;
};

const FINALIZERS = [
  undefined,
  undefined,
  ['example.com/f'],
  ['example.com/a', 'example.com/b'],
  ['orphan'],
  ['foregroundDeletion'],
  ['orphan', 'example.com/f'],
  ['kubernetes'],
  ['x'],
  [''],
];

export const remove = (kit) => {
  const { random, pool } = kit;
  const { sample, object, path: collection, at } = sampleAndObject(kit);
  const finalizers = random.pick(FINALIZERS);
  const made = { ...object, metadata: { ...object.metadata, ...(finalizers && { finalizers }) } };
  if (sample.kind === 'Pod' && random.chance(0.6)) made.spec = { ...made.spec, nodeName: 'n1' };
  const steps = [post(collection, made)];
  for (let i = 0; i < 4; i++) {
    const way = random.below(8);
    const query = random.pick([
      '',
      '',
      '',
      '',
      '?dryRun=All',
      '?propagationPolicy=Foreground',
      '?gracePeriodSeconds=0',
      '?orphanDependents=true',
      '?gracePeriodSeconds=x',
      '?propagationPolicy=x',
    ]);
    if (way < 4) steps.push({ method: 'DELETE', path: `${at}${query}`, ...(random.chance(0.7) && { body: deleteOptions(random) }) });
    else if (way < 5)
      steps.push(patchStep(at, 'merge-patch+json', { metadata: { finalizers: random.pick([null, [], ...FINALIZERS.filter(Boolean)]) } }));
    else if (way < 6) steps.push(put(at, mutate(random, pool, made, 1)));
    else if (way < 7 && sample.namespaced)
      steps.push({
        method: 'DELETE',
        path: `${collection}${random.pick(['', '?labelSelector=app%3Dx', '?fieldSelector=metadata.name%3Dx', '?dryRun=All', '?limit=1'])}`,
        ...(random.chance(0.5) && { body: deleteOptions(random) }),
      });
    else steps.push(get(at));
  }
  return [...steps, get(at)];
};
