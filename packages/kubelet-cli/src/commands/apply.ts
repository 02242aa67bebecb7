import { readFile } from 'node:fs/promises';
import { type ApiObject, validateObjectUpdate } from '@solo-kubelet/object-spec';
import type { FeatureGates, Pod } from '@solo-kubelet/pod-spec';
import { type CheckedManifest, type CheckedObject, type CheckManifestOptions, checkManifest } from '../changes/check-manifest.js';
import { describeChange } from '../changes/describe-change.js';
import { diffObjects, type ObjectChange, objectUsers, usersOf } from '../changes/diff-objects.js';
import { diffPods, type PodChange } from '../changes/diff-pods.js';
import { manifestKey, manifestPaths, readManifest, targetFile, writeManifest } from '../changes/manifest-files.js';
import { CliError } from '../cli-error.js';
import { write } from '../cli-io.js';
import type { NodeClient } from '../client/node-client.js';
import { podRow } from '../client/pod-row.js';
import { objectName } from '../output/object-name.js';
import type { VerbContext } from './verb-context.js';
import { parseAwaited, waitUntil } from './wait.js';
import { rolloutKey, waitForRollouts } from './wait-for-rollouts.js';

export interface ApplyOptions {
  readonly files: readonly string[];
  /** Only show what would change. */
  readonly dryRun?: boolean;
  /** Don't wait for the pods to run. */
  readonly noWait?: boolean;
  /** Default 2 min. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 120_000;

interface Planned {
  readonly path: string;
  readonly text: Buffer;
  readonly changes: readonly PodChange[];
  readonly pods: readonly Pod[];
  readonly objects: readonly PlannedObject[];
}

interface PlannedObject extends CheckedObject {
  readonly change: ObjectChange;
  /** Workloads that are rolled for it, by `kind/namespace/name`. */
  readonly restarts: readonly string[];
}

/**
 * `apply -f FILE…`: checks every file, shows what would change, puts them in the manifest directory and waits until the pods run and workloads have rolled out.
 * Resolves to 3 when a manifest is not valid (nothing is written then), to 1 when one does not come up.
 */
export const apply = async (options: ApplyOptions, context: VerbContext): Promise<number> => {
  const { client, io, signal } = context;
  const planned = await plan(options.files, context);
  if (planned === undefined) return 3;
  await writeChanges(planned, context);
  if (options.dryRun) return 0;
  const changed = planned.filter(isChange);
  const restarted = [...new Set(changed.flatMap(({ objects }) => objects.flatMap(({ restarts }) => restarts)))];
  const before = restarted.length === 0 ? [] : await client.listObjects({ signal });
  for (const { path, text } of changed) await writeManifest(path, text);
  if (options.noWait) return 0;
  const wanted = planned.flatMap(({ pods }) => pods);
  const isUp = (pods: readonly Pod[]): boolean =>
    wanted.every(({ metadata }) => isRunning(pods.find((pod) => pod.metadata?.uid === metadata?.uid)));
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const late = await waitUntil(client, isUp, { signal, timeoutMs });
  if (late === undefined) {
    for (const { metadata } of wanted) await write(io.stdout, `pod/${metadata?.name} is running\n`);
    const changedObjects = changed.flatMap(({ objects }) => objects.filter(({ change }) => change.type !== 'unchanged'));
    return waitForRollouts(changedObjects, { timeoutMs, restarted: { keys: restarted, before } }, context);
  }
  for (const { metadata } of wanted) {
    const pod = late.find((one) => one.metadata?.uid === metadata?.uid);
    if (!isRunning(pod)) await write(io.stderr, await whyNot(client, metadata?.name ?? '', metadata?.uid ?? '', pod, context));
  }
  return 1;
};

/** `diff -f FILE…`: which fields would change, and which containers would restart and why. Resolves to 1 when there is a difference, as diff does. */
export const diff = async ({ files }: { readonly files: readonly string[] }, context: VerbContext): Promise<number> => {
  const planned = await plan(files, context);
  if (planned === undefined) return 3;
  await writeChanges(planned, context);
  return planned.some(isChange) ? 1 : 0;
};

const isChange = ({ changes, objects }: Planned): boolean =>
  changes.some(({ type }) => type !== 'unchanged') || objects.some(({ change }) => change.type !== 'unchanged');

const writeChanges = async (planned: readonly Planned[], { io }: VerbContext): Promise<void> => {
  for (const { changes, objects } of planned) {
    for (const change of changes) await write(io.stdout, changeText(change));
    for (const object of objects) await write(io.stdout, objectText(object));
  }
};

const plan = async (files: readonly string[], { client, io, signal }: VerbContext): Promise<readonly Planned[] | undefined> => {
  if (files.length === 0) throw new CliError({ code: 'CLI_USAGE', message: 'give a manifest with -f' });
  const [configuration, node, manifests, pods] = await Promise.all([
    client.getConfiguration({ signal }),
    client.getNode({ signal }) as Promise<{ readonly metadata: { readonly name: string } }>,
    client.listManifests({ signal }),
    client.listPods({ signal }),
  ]);
  const directory = configuration['staticPodPath'];
  if (typeof directory !== 'string' || directory === '')
    throw new CliError({
      code: 'CLI_REFUSED',
      message: 'this kubelet has no manifest directory',
      hint: 'Set staticPodPath in its configuration.',
    });
  const asNode = { nodeName: node.metadata.name, featureGates: configuration['featureGates'] as FeatureGates | undefined };
  const checked: (CheckedManifest & { readonly path: string; readonly text: Buffer; readonly shown: string })[] = [];
  for (const file of await manifestPaths(files)) {
    const text = await readManifest(file);
    const keys = keysOf(checkManifest(text, { ...asNode, path: file }));
    const path = targetFile(directory, file === '-' ? 'stdin.yaml' : file, keys, manifests);
    // Checked under its final path: the uid depends on it.
    checked.push({ ...checkManifest(text, { ...asNode, path, shownPath: file }), path, text, shown: file });
  }
  for (const { report } of checked) if (report !== '') await write(io.stderr, report);
  if (checked.some(({ ok }) => !ok)) return undefined;
  const sameName = (pod: Pod) =>
    pods.find(({ metadata }) => metadata?.namespace === pod.metadata?.namespace && metadata?.name === pod.metadata?.name);
  const paths = [...new Set(manifests.flatMap(({ source, path }) => (source === 'file' ? [path] : [])))];
  const there = await objectsOfFiles(paths, asNode);
  const planned = new Map([...there, ...checked.flatMap(({ objects }) => objects.map(({ key, object }) => [key, object] as const))]);
  const held = new Set(manifests.map(manifestKey));
  const refusals = checked.flatMap(({ objects, shown }) =>
    objects.flatMap((object) => {
      const manifest = manifests.find((one) => one.object === object.key);
      return manifest?.state === 'accepted' ? refusalsOf(there.get(object.key), object, shown) : [];
    }),
  );
  if (refusals.length > 0) {
    await write(io.stderr, refusals.join(''));
    return undefined;
  }
  return checked.map(({ path, text, pods: wanted, objects }) => ({
    path,
    text,
    pods: wanted,
    objects: objects.map((object) => {
      const change = diffObjects(held.has(object.key) ? there.get(object.key) : undefined, object.object);
      if (change.type !== 'configured') return { ...object, change, restarts: [] };
      const workloads = [...planned.values()];
      const restarts = objectUsers(object.object, workloads).flatMap(({ workload, rolls }) => (rolls ? [rolloutKey(workload)] : []));
      return { ...object, restarts, change: { ...change, effects: [...change.effects, ...usersOf(object.object, workloads)] } };
    }),
    changes: wanted.map((pod) => diffPods(sameName(pod), pod)),
  }));
};

/** What an API server would refuse of a change; the kubelet would keep what it had. A Job is replaced instead (decision 261). */
const refusalsOf = (before: ApiObject | undefined, { kind, name, object }: CheckedObject, file: string): readonly string[] => {
  if (before === undefined || kind.kind === 'Job') return [];
  const update = validateObjectUpdate(before, object);
  if (update.ok) return [];
  const reasons = update.errors.length > 0 ? update.errors.map(({ message }) => message) : [update.message];
  return reasons.map((reason) => `${file}: ${objectName(kind, name)}: ${reason}\n`);
};

/** What of the node says how a manifest is read. */
type AsNode = Pick<CheckManifestOptions, 'nodeName' | 'featureGates'>;

/** What a kubelet reads of a manifest (decision 200). */
const MAX_FILE_BYTES = 3 * 1024 * 1024;

/** Objects as the manifest files of the node say them now, by key. */
const objectsOfFiles = async (paths: readonly string[], asNode: AsNode): Promise<ReadonlyMap<string, ApiObject>> => {
  const found = new Map<string, ApiObject>();
  for (const path of paths) {
    const text = await readFile(path).catch(() => undefined);
    if (text === undefined || text.length > MAX_FILE_BYTES) continue;
    for (const { key, object } of checkManifest(text, { ...asNode, path }).objects) found.set(key, object);
  }
  return found;
};

/** What a manifest asks for, by the keys of `get manifests`. */
const keysOf = ({ pods, objects }: CheckedManifest): readonly string[] => [
  ...pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  ...objects.map(({ key }) => key),
];

const changeText = ({ type, pod, fields, restarts }: PodChange): string =>
  [
    `pod ${pod}: ${type}\n`,
    ...fields.map(describeChange),
    ...restarts.map(({ container, why }) => `  container ${container} starts: ${why}\n`),
  ].join('');

const objectText = ({ kind, name, change }: PlannedObject): string =>
  [
    `${objectName(kind, name)}: ${change.type}\n`,
    ...change.fields.map(describeChange),
    ...change.effects.map((effect) => `  ${effect}\n`),
  ].join('');

const isReady = parseAwaited('condition=Ready');

/** Up: ready, or ended well where it was meant to end. */
const isRunning = (pod: Pod | undefined): boolean => pod !== undefined && (isReady(pod) || pod.status?.phase === 'Succeeded');

const whyNot = async (
  client: NodeClient,
  name: string,
  uid: string,
  pod: Pod | undefined,
  { signal, now }: VerbContext,
): Promise<string> => {
  if (!pod) return `pod/${name} did not appear\n`;
  const events = await client.listEvents({ signal });
  const last = events.filter(({ involvedObject, type }) => involvedObject?.uid === uid && type === 'Warning').at(-1);
  const waiting = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].find(
    ({ state }) => state?.waiting?.message,
  )?.state?.waiting?.message;
  return `pod/${name} is not running: ${podRow(pod, now()).status}${waiting ? `: ${waiting}` : ''}\n${last && last.message !== waiting ? `  ${last.reason}: ${last.message}\n` : ''}`;
};
