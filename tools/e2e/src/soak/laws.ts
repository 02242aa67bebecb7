import type { Pod } from '@solo-kubelet/pod-spec';
import type { Seen, SeenContainer } from './seen.js';
import type { SoakPod } from './soak-plan.js';
import { containersOf, imageOf, markOf } from './soak-pod.js';

export interface Wanted {
  /** What is in the manifest directory, by name. */
  readonly pods: ReadonlyMap<string, SoakPod>;
  /** Of the testbed. */
  readonly directory: string;
  readonly nodeName: string;
  /** What the runtime has forgotten, by `forgottenOf` of earlier looks; undefined: it was never killed, and may not have forgotten anything. */
  readonly forgotten?: ReadonlySet<string> | undefined;
}

const ID = /\b[0-9a-f]{64}\b/;

/**
 * Ids of sandboxes and containers of which something runs and that the runtime itself does not know: a containerd that is killed as it makes one leaves it (a
 * shim, or `runc init`, that never came to run the Pod's program), and CRI tells nobody of it any more. What a kubelet has stopped or removed badly the
 * runtime would know. It ends with the cgroup of its Pod.
 */
export const forgottenOf = ({ shims, sandboxes, containers, cgroups }: Seen): readonly string[] => {
  const known = new Set([...sandboxes, ...containers].map(({ id }) => id));
  const ids = [...shims, ...cgroups.flatMap(({ path, used }) => (used ? (ID.exec(path) ?? []) : []))];
  return [...new Set(ids)].filter((id) => !known.has(id));
};

/**
 * What of a node is not as it has to be once it is calm: exactly what the manifest directory asks for runs, once, with its image and environment; nothing
 * else of ours is there; and what the kubelet serves is what the runtime says. Empty when all is well.
 */
export const violationsOf = (seen: Seen, wanted: Wanted): readonly string[] => {
  const wrong: string[] = [];
  const uids = new Set<string>();
  for (const [name, pod] of wanted.pods) wrong.push(...podViolations(seen, wanted, { name, pod, uids }));
  const expectedMarks = new Set(
    [...wanted.pods].flatMap(([name, pod]) => containersOf(pod).map((each) => markOf(wanted.directory, name, each))),
  );
  for (const { mark } of seen.programs) if (!expectedMarks.has(mark)) wrong.push(`a program runs that nobody wants: ${mark}`);
  wrong.push(...remainders(seen, uids, new Set(wanted.forgotten && [...wanted.forgotten, ...forgottenOf(seen)])));
  for (const { metadata } of seen.pods)
    if (!uids.has(metadata.uid)) wrong.push(`/pods shows ${metadata.name}, uid ${metadata.uid}, that nobody wants`);
  return wrong;
};

interface OnePod {
  readonly name: string;
  readonly pod: SoakPod;
  /** Of the Pods that are as they should be; more go in. */
  readonly uids: Set<string>;
}

const podViolations = (seen: Seen, wanted: Wanted, { name, pod, uids }: OnePod): readonly string[] => {
  const wrong: string[] = [];
  const [shown, ...more] = seen.pods.filter(({ metadata }) => metadata.name === `${name}-${wanted.nodeName}`);
  if (shown === undefined || more.length > 0) return [`${name}: /pods shows it ${more.length === 0 ? 'not at all' : 'more than once'}`];
  uids.add(shown.metadata.uid);
  const sandboxes = seen.sandboxes.filter(({ pod: of, ready }) => of === name && ready);
  if (sandboxes.length !== 1 || sandboxes[0]?.uid !== shown.metadata.uid)
    wrong.push(`${name}: sandboxes that are ready: ${JSON.stringify(sandboxes)}; /pods has uid ${shown.metadata.uid}`);
  if (shown.status?.phase !== 'Running' || !isReady(shown)) wrong.push(`${name}: ${JSON.stringify(shown.status)}`);
  for (const container of containersOf(pod)) {
    const programs = seen.programs.filter(({ mark }) => mark === markOf(wanted.directory, name, container));
    if (programs.map(({ version }) => version).join() !== `${pod.version}`)
      wrong.push(
        `${name}/${container}: programs with VERSION ${programs.map(({ version }) => version).join(' and ') || 'none'}, wanted one with ${pod.version}`,
      );
  }
  const running = seen.containers.filter(({ pod: of, running: runs }) => of === name && runs);
  if (
    running
      .map(({ name: own }) => own)
      .sort()
      .join() !== containersOf(pod).toSorted().join()
  )
    wrong.push(`${name}: the runtime runs ${running.map(({ name: own, id }) => `${own} ${id}`).join(', ') || 'nothing'}`);
  const imageId = seen.imageIds.get(imageOf(pod));
  for (const container of running) {
    if (container.image !== imageId) wrong.push(`${name}/${container.name}: runs image ${container.image}, wanted ${imageId}`);
    wrong.push(...statusViolations(name, shown, container));
  }
  return wrong;
};

const isReady = ({ status }: Pod): boolean => status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') === true;

const statusViolations = (name: string, shown: Pod, { id, name: container, attempt }: SeenContainer): readonly string[] => {
  const status = shown.status?.containerStatuses?.find((each) => each.name === container);
  const agrees =
    status?.containerID?.endsWith(`//${id}`) === true && status.state?.running !== undefined && status.restartCount === attempt;
  return agrees ? [] : [`${name}/${container}: the runtime has ${id}, attempt ${attempt}; the status is ${JSON.stringify(status)}`];
};

/** What belongs to no Pod that is wanted. */
const remainders = (seen: Seen, uids: ReadonlySet<string>, forgotten: ReadonlySet<string>): readonly string[] => {
  const wrong: string[] = [];
  const wants = (uid: string): boolean => uids.has(uid);
  const { sandboxes, containers, directories } = seen;
  const ready = sandboxes.filter((sandbox) => sandbox.ready);
  for (const { id, uid, pod } of sandboxes) if (!wants(uid)) wrong.push(`sandbox ${id} of ${pod}, uid ${uid}, is there still`);
  for (const { id, uid, pod, name } of containers)
    if (!wants(uid)) wrong.push(`container ${id}, ${name} of ${pod}, uid ${uid}, is there still`);
  for (const id of seen.shims)
    if (!forgotten.has(id) && !ready.some((sandbox) => sandbox.id === id)) wrong.push(`a shim of ${id} is there still`);
  for (const { id } of ready) if (!seen.shims.includes(id)) wrong.push(`sandbox ${id} has no shim`);
  for (const [kind, names] of [
    ['network interfaces of Pods', seen.interfaces],
    ['addresses of Pods', seen.addresses],
  ] as const)
    if (names.length < ready.length || names.length > ready.length + forgotten.size)
      wrong.push(`${names.length} ${kind}, ${ready.length} sandboxes: ${names.join(' ')}`);
  const known = [...ready, ...containers.filter(({ running }) => running)].map(({ id }) => id);
  const ids = new Set([...known, ...forgotten]);
  for (const path of seen.mounts) {
    const [id] = ID.exec(path) ?? [];
    const [, uid] = /\/pods\/([^/]+)\//.exec(path) ?? [];
    if ((id !== undefined && !ids.has(id)) || (uid !== undefined && !wants(uid))) wrong.push(`mount ${path} is there still`);
  }
  for (const { path, used } of seen.cgroups) {
    const [id] = ID.exec(path) ?? [];
    const [, uid] = /\/pod([0-9a-f-]{32,36})\b/.exec(path) ?? [];
    // An empty one that a runtime has left in the cgroup of a Pod goes with that.
    if ((id !== undefined && used && !ids.has(id)) || (uid !== undefined && !wants(uid))) wrong.push(`cgroup ${path} is there still`);
  }
  for (const [kind, names] of Object.entries(directories))
    for (const uid of names) if (!wants(uid)) wrong.push(`${kind} of ${uid} are there still`);
  return wrong;
};

/** Ids of running containers by Pod and name: of Pods that nothing was done to, they stay. */
export const runningIds = (seen: Seen): ReadonlyMap<string, string> =>
  new Map(seen.containers.filter(({ running }) => running).map(({ pod, name, id }) => [`${pod}/${name}`, id]));

/** Containers of Pods that nothing was done to and that are others than before. */
export const restartedUntouched = (
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  touched: ReadonlySet<string>,
): readonly string[] =>
  [...before].flatMap(([key, id]) =>
    touched.has(key.split('/')[0]!) || after.get(key) === id
      ? []
      : [`${key}: nothing was done to its Pod, and ${after.get(key) ?? 'nothing'} runs in the place of ${id}`],
  );
