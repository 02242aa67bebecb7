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

/** Waits until Deployments, StatefulSets and DaemonSets are as their manifests ask for them; 1 if one fails or is late, saying how far each one is. */
export const waitForRollouts = async (
  objects: readonly CheckedObject[],
  timeoutMs: number,
  { client, io, signal, now }: Pick<VerbContext, 'client' | 'io' | 'signal' | 'now'>,
): Promise<number> => {
  let left = objects.filter(({ kind }) => ROLLED.has(kind.kind));
  const untilMs = now() + timeoutMs;
  let failed = false;
  while (left.length > 0 && !signal.aborted) {
    const there = await client.listObjects({ signal });
    const still: CheckedObject[] = [];
    for (const wanted of left) {
      const { message, done, failed: hopeless } = statusOf(wanted, there);
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

const statusOf = ({ kind, name, object }: CheckedObject, there: readonly NodeApiObject[]): ReturnType<typeof rolloutStatus> => {
  const found = there.find(
    (one) =>
      one.kind === kind.kind &&
      one.metadata.name === name &&
      (one.metadata.namespace ?? 'default') === (object.metadata.namespace ?? 'default'),
  );
  // What the node shows may still be what the file said before.
  if (found === undefined || !asksFor(found, object)) {
    return { message: `waiting for ${objectName(kind, name)} to be taken up`, done: false };
  }
  return rolloutStatus(found);
};
