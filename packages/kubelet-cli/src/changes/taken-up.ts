import { isDeepStrictEqual } from 'node:util';
import { delay } from '@solo-kubelet/timers';
import type { NodeApiObject } from '../client/node-client.js';
import type { VerbContext } from '../commands/verb-context.js';
import { checkManifest } from './check-manifest.js';

/** How long the kubelet may take to notice that a file has changed, ms. */
const NOTICE_MS = 5_000;
const POLL_MS = 50;

export interface ChangedFile {
  readonly path: string;
  readonly text: string;
  /** Of the object that was changed in it, `Deployment.apps/default/web`. */
  readonly key: string;
  readonly find: () => Promise<NodeApiObject | undefined>;
}

/** Waits until the node shows an object as its file says it now, so that what is asked next is answered of that. False if it takes too long. */
export const takenUp = async (
  { path, text, key, find }: ChangedFile,
  { signal, now }: Pick<VerbContext, 'signal' | 'now'>,
): Promise<boolean> => {
  const wanted = checkManifest(Buffer.from(text), { path, nodeName: '' }).objects.find((one) => one.key === key)?.object;
  // What cannot be told is not waited for.
  if (wanted === undefined) return true;
  const untilMs = now() + NOTICE_MS;
  while (!signal.aborted) {
    const shown = await find();
    if (shown !== undefined && asksFor(shown, wanted)) return true;
    if (now() >= untilMs) return false;
    await delay(POLL_MS, undefined, { signal }).catch(() => {});
  }
  return false;
};

/** Whether what is shown is what a document asks for: the node adds to annotations, and nothing to the spec of a workload. */
export const asksFor = (shown: NodeApiObject, wanted: object): boolean => {
  const { metadata, spec } = wanted as { readonly metadata?: NodeApiObject['metadata']; readonly spec?: unknown };
  return (
    isDeepStrictEqual(plain(shown.spec), plain(spec)) &&
    Object.entries(metadata?.annotations ?? {}).every(([name, value]) => shown.metadata.annotations?.[name] === value)
  );
};

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null, (_name, one: unknown) => (typeof one === 'bigint' ? Number(one) : one)));
