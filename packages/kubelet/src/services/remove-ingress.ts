import { access } from 'node:fs/promises';
import { join } from 'node:path';

/** Of the proxy of Ingresses, which outlives the kubelet; there while it may run. */
export const ingressDirectory = (rootDirectory: string): string => join(rootDirectory, 'ingress');

export const mayHaveProxy = (rootDirectory: string): Promise<boolean> =>
  access(ingressDirectory(rootDirectory)).then(
    () => true,
    () => false,
  );

/** Ends the proxy that an earlier kubelet left. Tells whether there was one; nothing is loaded where there was not. */
export const removeIngress = async (rootDirectory: string, { signal }: { readonly signal: AbortSignal }): Promise<boolean> => {
  if (!(await mayHaveProxy(rootDirectory))) return false;
  const { removeProxy } = await import('@solo-kubelet/ingress-proxy');
  return removeProxy(ingressDirectory(rootDirectory), { signal });
};
