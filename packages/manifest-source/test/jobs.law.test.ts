import { parseMixedManifest } from '@solo-kubelet/object-spec';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { initialState, type SourceState } from '../src/core/source-state.js';
import { takeListing } from '../src/core/take-listing.js';
import { emptyObjectStore, findObject, type ManifestEvent, reduceObjects } from '../src/index.js';

const rules = {
  parse: parseMixedManifest,
  nodeName: 'n',
  settleMs: 1_000,
  removalSettleMs: 100,
  replacementSettleMs: 5_000,
  failedRecheckMs: 1_000,
};

const jobs = fc.record(
  {
    image: fc.constantFrom('a:1', 'a:2'),
    labels: fc.constantFrom({}, { app: 'a' }, { app: 'b' }),
    suspend: fc.boolean(),
    parallelism: fc.constantFrom(1, 2),
    completions: fc.constantFrom(1, 2, 3),
    indexed: fc.boolean(),
    activeDeadlineSeconds: fc.constantFrom(60, 61),
    backoffLimit: fc.constantFrom(0, 4),
    manual: fc.boolean(),
    policy: fc.boolean(),
    valid: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
    file: fc.constantFrom('a.yaml', 'b.yaml'),
    other: fc.boolean(),
  },
  { requiredKeys: ['image', 'labels', 'valid', 'file'] },
);
type Job = typeof jobs extends fc.Arbitrary<infer T> ? T : never;

const textOf = (job: Job): string => {
  const { image, labels, suspend, parallelism, completions, indexed, activeDeadlineSeconds, backoffLimit, manual, policy, valid } = job;
  const metadata = { labels: manual ? { ...labels, own: 'yes' } : labels };
  const spec = {
    ...{ suspend, parallelism, completions, activeDeadlineSeconds, backoffLimit },
    ...(indexed && { completionMode: 'Indexed', completions: completions ?? 1 }),
    ...(manual && { manualSelector: true, selector: { matchLabels: { own: 'yes' } } }),
    ...(policy && { podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }] } }),
    template: { metadata, spec: { restartPolicy: valid ? 'Never' : 'Always', containers: [{ name: 'a', image }] } },
  };
  const document = JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'migrate' }, spec });
  return job.other
    ? `# a list\n---\n{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}\n---\n${document}\n`
    : `${document}\n`;
};

it('whatever a Job is edited to, the Job is what its document says, or, where that is wrong, what it was', () => {
  fc.assert(
    fc.property(fc.array(jobs, { minLength: 1, maxLength: 6 }), (edits) => {
      let state: SourceState = initialState('file', '/m');
      let store = emptyObjectStore;
      let [atMs, wanted] = [100_000, undefined as unknown];
      let file = '';
      for (const edit of edits) {
        const text = textOf(edit);
        // What breaks rules is edited where it is: a file of its own that is wrong from the start holds nothing.
        file = edit.valid || file === '' ? edit.file : file;
        const alone = parseMixedManifest(text, { path: 'x', nodeName: 'n' }).documents.find(
          (one) => one.type === 'object' && one.key?.startsWith('Job'),
        );
        if (alone?.result.ok && 'object' in alone.result) wanted = plain(alone.result.object);
        const entries = [
          { path: `/m/${file}`, content: { type: 'text' as const, text: new TextEncoder().encode(text), digest: text, modifiedAtMs: 0 } },
        ];
        const said: ManifestEvent[] = [];
        for (let times = 0; times < 2; times += 1) {
          atMs += 10_000;
          const step = takeListing(state, { type: 'listed', kind: 'directory', directoryId: '1', atMs, entries }, rules);
          state = step.state;
          said.push(...step.events);
        }
        store = said.reduce(reduceObjects, store);
        expect(plain(findObject(store, 'Job', 'migrate', 'default'))).toEqual(wanted);
      }
    }),
    { numRuns: 100 },
  );
});

/** Without what tells Jobs apart. */
const plain = (job: unknown): unknown =>
  job === undefined
    ? undefined
    : JSON.parse(
        JSON.stringify(job, (name, value) =>
          ['uid', 'generation', 'creationTimestamp', 'controller-uid', 'batch.kubernetes.io/controller-uid'].includes(name)
            ? undefined
            : value,
        ),
      );
