import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeOwnAddress } from './own-address.js';
import { removeIngress } from './remove-ingress.js';

/** What Services were given, in the root directory; there while their rules may be in the kernel. */
export const ALLOCATIONS_FILE = 'services.json';

export interface RemoveServicesOptions {
  readonly rootDirectory: string;
  readonly signal: AbortSignal;
}

/** Takes away what an earlier kubelet put in force for Services. Tells whether there was anything; nothing is loaded where there was not. */
export const removeServices = async ({ rootDirectory, signal }: RemoveServicesOptions): Promise<boolean> => {
  await removeOwnAddress({ rootDirectory });
  await removeIngress(rootDirectory, { signal });
  const path = join(rootDirectory, ALLOCATIONS_FILE);
  const record = await readFile(path, 'utf8').catch(() => undefined);
  if (record === undefined) return false;
  const { nftApplier, rangesOfRecord } = await import('@solo-kubelet/service-network/rx');
  await nftApplier().removeAll(rootDirectory, rangesOfRecord(record), { signal });
  await rm(path, { force: true });
  return true;
};
