import type { ApiObject } from '@solo-kubelet/object-spec';
import { delay } from '@solo-kubelet/timers';
import type { CheckedObject } from '../changes/check-manifest.js';
import { asksFor } from '../changes/taken-up.js';
import { write } from '../cli-io.js';
import type { NodeApiObject } from '../client/node-client.js';
import { objectName } from '../output/object-name.js';
import { rolloutStatus } from './rollout-status.js';
import type { VerbContext } from './verb-context.js';

const ROLLED: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);
const POLL_MS = 500;

/** How long the kubelet may take to see that something changed and what is to be rolled for it, ms. */
const NOTICE_MS = 5_000;

/** `Deployment/default/web`. */
export const rolloutKey = ({ kind, metadata }: Pick<NodeApiObject, 'kind' | 'metadata'> | ApiObject): string =>
  `${kind}/${metadata.namespace ?? 'default'}/${metadata.name}`;

export interface RolloutWait {
  readonly timeoutMs: number;
  /** What is rolled though its own document is as it was: as it was shown before. */
  readonly restarted?: { readonly keys: readonly string[]; readonly before: readonly NodeApiObject[] };
}

interface Awaited {
  readonly key: string;
  readonly what: string;
  /** Whether what is shown is about what is waited for. */
  readonly isShown: (object: NodeApiObject, nowMs: number) => boolean;
}

/** Waits until Deployments, StatefulSets and DaemonSets are as their manifests ask for them; 1 if one fails or is late, saying how far each one is. */
export const waitForRollouts = async (
  objects: readonly CheckedObject[],
  { timeoutMs, restarted = { keys: [], before: [] } }: RolloutWait,
  { client, io, signal, now }: Pick<VerbContext, 'client' | 'io' | 'signal' | 'now'>,
): Promise<number> => {
  const [beganMs, untilMs] = [now(), now() + timeoutMs];
  const edited = objects
    .filter(({ kind }) => ROLLED.has(kind.kind))
    .map(({ kind, name, object }): Awaited => {
      // What the node shows may still be what the file said before.
      return { key: rolloutKey(object), what: objectName(kind, name), isShown: (shown) => asksFor(shown, object) };
    });
  const rolled = restarted.keys
    .filter((key) => ROLLED.has(key.slice(0, key.indexOf('/'))) && !edited.some((one) => one.key === key))
    .map((key): Awaited => {
      const before = revisionIn(restarted.before.find((one) => rolloutKey(one) === key));
      return { key, what: key, isShown: (shown, nowMs) => revisionIn(shown) !== before || nowMs >= beganMs + NOTICE_MS };
    });
  let left = [...edited, ...rolled];
  let failed = false;
  while (left.length > 0 && !signal.aborted) {
    const there = await client.listObjects({ signal });
    const still: Awaited[] = [];
    for (const wanted of left) {
      const found = there.find((one) => rolloutKey(one) === wanted.key);
      const {
        message,
        done,
        failed: hopeless,
      } = found !== undefined && wanted.isShown(found, now())
        ? rolloutStatus(found)
        : { message: `waiting for ${wanted.what} to be taken up`, done: false, failed: false };
      if (done) await write(io.stdout, `${message}\n`);
      else if (hopeless || now() >= untilMs) {
        failed = true;
        await write(io.stderr, `error: ${hopeless ? message : `timed out: ${message}`}\n`);
      } else still.push(wanted);
    }
    left = still;
    if (left.length > 0) await delay(POLL_MS);
  }
  return failed || signal.aborted ? 1 : 0;
};

/** What tells that another revision is wanted now. */
const revisionIn = (object: NodeApiObject | undefined): string => {
  const newest = object?.revisions?.at(-1);
  return newest === undefined ? '' : `${newest.revision} ${newest.name}`;
};
