import { delay } from '@solo-kubelet/timers';
import { write } from '../cli-io.js';
import type { NodeApiObject } from '../client/node-client.js';
import type { VerbContext } from './verb-context.js';

const DEFAULT_TIMEOUT_MS = 90_000;
const POLL_MS = 300;

/** The uids of objects, and of what they own: Pods of a Deployment are those of its ReplicaSets, of a CronJob those of its Jobs, which may be gone first. */
export const withOwned = (uids: ReadonlySet<string | undefined>, objects: readonly NodeApiObject[]): ReadonlySet<string | undefined> =>
  new Set([
    ...uids,
    ...objects
      .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uids.has(uid)) === true)
      .map(({ metadata }) => metadata.uid),
  ]);

/** Waits until neither these objects nor Pods of theirs are left. Gives the exit status; who is late is said. */
export const waitUntilGone = async (
  uids: ReadonlySet<string | undefined>,
  timeoutMs: number | undefined,
  { client, io, signal, now }: VerbContext,
): Promise<number> => {
  const untilMs = now() + (timeoutMs ?? DEFAULT_TIMEOUT_MS);
  for (;;) {
    const [objects, pods] = await Promise.all([client.listObjects({ signal }), client.listPods({ signal })]);
    const left = [
      ...objects.filter(({ metadata }) => uids.has(metadata.uid)).map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`),
      ...pods
        .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uids.has(uid)))
        .map(({ metadata }) => `pod/${metadata.name}`),
    ];
    if (left.length === 0) return 0;
    if (now() >= untilMs || signal.aborted) {
      await write(io.stderr, `still ending: ${left.join(', ')}\n`);
      return 1;
    }
    await delay(POLL_MS);
  }
};
