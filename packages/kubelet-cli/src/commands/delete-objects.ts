import { removeObjects } from '../changes/edit-object.js';
import { write } from '../cli-io.js';
import { objectName } from '../output/object-name.js';
import { findObject, parseTarget } from './find-object.js';
import type { VerbContext } from './verb-context.js';
import { waitUntilGone, withOwned } from './wait-until-gone.js';

export interface DeleteObjectsOptions {
  /** `deployment/web`. */
  readonly objects: readonly string[];
  readonly namespace?: string;
  readonly noWait?: boolean;
  /** Default 90 s. */
  readonly timeoutMs?: number;
}

/** `delete KIND NAME…`: takes objects out of their files, and waits until they, and the Pods of workloads, are no more. */
export const deleteObjects = async (options: DeleteObjectsOptions, context: VerbContext): Promise<number> => {
  const { client, io, signal } = context;
  const found = [];
  for (const word of options.objects) found.push(await findObject(parseTarget([word]), options.namespace, context));
  const uids = withOwned(new Set(found.map(({ object }) => object.metadata.uid)), await client.listObjects({ signal }));
  const identities = found.map(({ kind, object, namespace, key }) => ({ kind: kind.kind, name: object.metadata.name, namespace, key }));
  const paths = await removeObjects(identities, await client.listManifests({ signal }));
  for (const [index, { kind, object }] of found.entries())
    await write(io.stdout, `${objectName(kind, object.metadata.name)} deleted (${paths[index]})\n`);
  return options.noWait ? 0 : waitUntilGone(uids, options.timeoutMs, context);
};
