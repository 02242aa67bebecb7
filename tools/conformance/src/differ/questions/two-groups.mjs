import { mutate } from '../mutate.mjs';
import { objectOf, SAMPLES } from '../samples/index.mjs';
import { get, patchStep, post, put } from './steps.mjs';

const CORE = '/api/v1/namespaces/{{ns}}/events';
const OTHER = '/apis/events.k8s.io/v1/namespaces/{{ns}}/events';

const newEvent = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name: 'x' },
  eventTime: '2020-01-01T00:00:00.123456Z',
  reportingController: 'example.com/c',
  reportingInstance: 'i',
  action: 'A',
  reason: 'R',
  regarding: { kind: 'Pod', namespace: '{{ns}}', name: 'p' },
  note: 'n',
  type: 'Normal',
};
const MORE = [
  { series: { count: 3, lastObservedTime: '2020-01-01T00:00:05.000001Z' } },
  { related: { kind: 'Node', name: 'n' } },
  { deprecatedCount: 0 },
  { deprecatedSource: {} },
  { deprecatedSource: { component: 'c' } },
  { type: 'Warning' },
  { note: undefined },
  {},
];

/** Events, which two groups show in forms of their own. */
export const twoGroups = ({ random, pool }) => {
  const core = objectOf(
    SAMPLES.find(({ plural }) => plural === 'events'),
    'x',
  );
  const full = { ...newEvent, ...random.pick(MORE) };
  const forms = [
    [CORE, core],
    [OTHER, full],
  ];
  const [path, object] = random.pick(forms);
  const steps = [post(path, mutate(random, pool, object, random.below(3)))];
  for (let i = 0; i < 4; i++) {
    const [collection, body] = random.pick(forms);
    const way = random.below(4);
    if (way < 1) steps.push(get(`${collection}/x`));
    else if (way < 2) steps.push(put(`${collection}/x`, mutate(random, pool, body, random.below(2))));
    else if (way < 3) {
      const { apiVersion, kind, metadata, ...rest } = mutate(random, pool, { ...body, ...random.pick(MORE) }, 1);
      const keys = Object.keys(rest).filter(() => random.chance(0.3));
      const patch = Object.fromEntries(keys.map((key) => [key, random.chance(0.1) ? null : rest[key]]));
      steps.push(patchStep(`${collection}/x`, random.pick(['merge-patch+json', 'strategic-merge-patch+json']), patch));
    } else {
      const { metadata, ...rest } = body;
      steps.push(patchStep(`${collection}/x?fieldManager=m&force=true`, 'apply-patch+yaml', { ...rest, metadata: { name: 'x' } }));
    }
  }
  return [...steps, get(`${CORE}/x`), get(`${OTHER}/x`), get(OTHER)];
};
