import { write } from '../cli-io.js';
import { findPod } from '../client/find-pod.js';
import { DEFAULT_NAMESPACE, type VerbContext } from './verb-context.js';

/** `restart POD`: ends a back-off at once, or restarts the pod's containers. */
export const restart = async (
  options: { readonly pod: string; readonly namespace?: string },
  { client, io, signal }: VerbContext,
): Promise<number> => {
  const { metadata } = findPod(await client.listPods({ signal }), options.pod, options.namespace ?? DEFAULT_NAMESPACE);
  await client.restartPod({ namespace: metadata?.namespace ?? '', pod: metadata?.name ?? '' }, { signal });
  await write(io.stdout, `pod/${metadata?.name} restarting\n`);
  return 0;
};
