import { delay } from '@solo-kubelet/timers';
import { removeObjects } from '../changes/edit-object.js';
import { write } from '../cli-io.js';
import { objectName } from '../output/object-name.js';
import { findObject, parseTarget } from './find-object.js';
import type { VerbContext } from './verb-context.js';

export interface DeleteObjectsOptions {
  /** `deployment/web`. */
  readonly objects: readonly string[];
  readonly namespace?: string;
  readonly noWait?: boolean;
  /** Default 90 s. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 90_000;
const POLL_MS = 300;

/** `delete KIND NAME…`: takes objects out of their files, and waits until they, and the Pods of workloads, are no more. */
export const deleteObjects = async (options: DeleteObjectsOptions, context: VerbContext): Promise<number> => {
  const { client, io, signal, now } = context;
  const found = [];
  for (const word of options.objects) found.push(await findObject(parseTarget([word]), options.namespace, context));
  const uids = new Set(found.map(({ object }) => object.metadata.uid));
  // Pods of a Deployment are those of its ReplicaSets, which may be gone before them.
  for (const { kind, metadata } of await client.listObjects({ signal }))
    if (kind === 'ReplicaSet' && metadata.ownerReferences?.some(({ uid }) => uids.has(uid))) uids.add(metadata.uid);
  const identities = found.map(({ kind, object, namespace, key }) => ({ kind: kind.kind, name: object.metadata.name, namespace, key }));
  const paths = await removeObjects(identities, await client.listManifests({ signal }));
  for (const [index, { kind, object }] of found.entries())
    await write(io.stdout, `${objectName(kind, object.metadata.name)} deleted (${paths[index]})\n`);
  if (options.noWait) return 0;
  const untilMs = now() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
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
