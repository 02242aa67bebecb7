import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventObject } from '@solo-kubelet/node-api';
import type { Container, ContainerStatus, Pod, PodSpec } from '@solo-kubelet/pod-spec';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { podManifest } from '../kubelet/manifests.js';
import type { TestNode } from '../kubelet/node.js';

const SIGNAL = { signal: new AbortController().signal };

/** A container that writes to the journal when it is told to end, and then ends. */
export const stayAndTell = (name: string): string => `trap 'echo ${name} ended >> $JOURNAL; exit 0' TERM; sleep 1000000 & wait $!`;

/** Ends at once when told to, and costs nothing until then. */
export const STAY = 'trap "exit 0" TERM; sleep 1000000 & wait $!';

/** Takes no notice of being told to end. */
export const STUBBORN = 'trap "" TERM; while :; do sleep 0.2; done';

const journalDirectory = (node: TestNode): string => join(node.bed.directory, 'journal');

/**
 * A pod whose containers all have `$JOURNAL`, one file on the node that outlives them and shows in which order they did what. Appending a short line
 * to it is one write.
 */
export const journaled = (node: TestNode, name: string, spec: object, metadata: object = {}): object => {
  const { containers = [], initContainers = [], volumes = [], ...rest } = spec as Partial<PodSpec>;
  const withJournal = (container: Container): object => ({
    ...container,
    env: [...(container.env ?? []), { name: 'JOURNAL', value: `/journal/${name}` }],
    volumeMounts: [...(container.volumeMounts ?? []), { name: 'journal', mountPath: '/journal' }],
  });
  return podManifest(
    name,
    {
      ...rest,
      volumes: [...volumes, { name: 'journal', hostPath: { path: journalDirectory(node), type: 'DirectoryOrCreate' } }],
      ...(initContainers.length > 0 ? { initContainers: initContainers.map(withJournal) } : {}),
      containers: containers.map(withJournal),
    },
    metadata,
  );
};

/** The lines that a journaled pod's containers have written so far. */
export const journalOf = async (node: TestNode, name: string): Promise<readonly string[]> => {
  const text = await readFile(join(journalDirectory(node), name), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
};

/** The journal once it holds a line. */
export const journalWith = (node: TestNode, name: string, line: string): Promise<readonly string[]> =>
  waitFor(
    async () => {
      const lines = await journalOf(node, name);
      return lines.includes(line) ? lines : undefined;
    },
    { what: `"${line}" in the journal of ${name}` },
  );

/** One manifest file a pod, named after it. */
export const dropAll = async (node: TestNode, ...manifests: readonly object[]): Promise<void> => {
  for (const manifest of manifests) await node.drop(`${(manifest as Pod).metadata.name}.json`, JSON.stringify(manifest));
};

/** Takes manifests of `dropAll` away and waits until nothing of the pods is shown. */
export const removeAll = async (node: TestNode, ...names: readonly string[]): Promise<void> => {
  for (const name of names) await node.remove(`${name}.json`);
  for (const name of names) await node.gone(name);
};

/** Status of one container (`app` unless told), init containers included. */
export const statusOf = (pod: Pod, container = 'app'): ContainerStatus => {
  const found = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    ({ name }) => name === container,
  );
  if (found === undefined) throw new Error(`no status of container ${container} in ${JSON.stringify(pod.status)}`);
  return found;
};

export const restartedTimes =
  (times: number, container = 'app') =>
  (pod: Pod): boolean =>
    [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].some(
      ({ name, restartCount, state }) => name === container && restartCount >= times && state?.running !== undefined,
    );

export const isReady =
  (status: 'True' | 'False') =>
  (pod: Pod): boolean =>
    pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === status) === true;

/** What the kubelet has recorded about a pod, oldest first as it serves them. */
export const eventsOf = async (node: TestNode, name: string): Promise<readonly EventObject[]> => {
  const events = await node.api.listEvents(SIGNAL);
  return events.filter(({ involvedObject }) => involvedObject?.name === `${name}-${node.kubelet().nodeName}`);
};

/** The event of a pod with this reason whose message matches. */
export const eventOf = (node: TestNode, name: string, reason: string, message: RegExp = /^/): Promise<EventObject> =>
  waitFor(
    async () => {
      const events = await eventsOf(node, name);
      const found = events.find((event) => event.reason === reason && message.test(event.message));
      if (found !== undefined) return found;
      throw new Error(JSON.stringify(events.map((event) => `${event.reason}: ${event.message}`)));
    },
    { what: `event ${reason} ${message} of ${name}` },
  );
