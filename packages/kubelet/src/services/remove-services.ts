import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@solo-kubelet/diagnostics';
import { removeOwnAddress } from './own-address.js';
import { removeIngress } from './remove-ingress.js';

/** What Services were given, in the root directory; there while their rules may be in the kernel. */
export const ALLOCATIONS_FILE = 'services.json';
/** Addresses of load balancers that the machine was given. */
export const ADDRESSES_FILE = 'load-balancer-addresses.json';

export interface RemoveServicesOptions {
  readonly rootDirectory: string;
  readonly signal: AbortSignal;
}

/**
 * Takes away what an earlier kubelet put in force for Services. Tells whether there was anything; nothing is loaded where there was not. What cannot go
 * keeps nothing else from going. @throws Error at the end for what can not, whose record stays
 */
export const removeServices = async ({ rootDirectory, signal }: RemoveServicesOptions): Promise<boolean> => {
  const failures: unknown[] = [];
  for (const remove of [() => removeOwnAddress({ rootDirectory }), () => removeIngress(rootDirectory, { signal })])
    await remove().catch((error: unknown) => failures.push(error));
  const wasThere = await removeRules({ rootDirectory, signal }).catch((error: unknown) => {
    failures.push(error);
    return true;
  });
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new Error(failures.map(describeError).join('; '), { cause: failures[0] });
  return wasThere;
};

const removeRules = async ({ rootDirectory, signal }: RemoveServicesOptions): Promise<boolean> => {
  const path = join(rootDirectory, ALLOCATIONS_FILE);
  const addresses = join(rootDirectory, ADDRESSES_FILE);
  // One that ended early has written the one and not the other.
  const [record, given] = [await readIfThere(path), await readIfThere(addresses)];
  if (record === undefined && given === undefined) return false;
  const { createAddressAnnouncer, nftApplier, placesOfRecord, rangesOfRecord } = await import('@solo-kubelet/service-network/rx');
  const [withdrawn] = await Promise.allSettled([createAddressAnnouncer({ path: addresses }).withdraw([], { signal })]);
  await nftApplier().removeAll(rootDirectory, rangesOfRecord(record ?? ''), { places: placesOfRecord(record ?? ''), signal });
  if (withdrawn.status === 'rejected') throw withdrawn.reason;
  await rm(addresses, { force: true });
  await rm(path, { force: true });
  return true;
};

/** Undefined where there is nothing. What cannot be read may tell of rules that are in force: @throws Error, with the file */
const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`what was put in force for Services cannot be told: ${path} cannot be read: ${describeError(error)}`, { cause: error });
  }
};

/** Addresses of load balancers that this kubelet gave to the machine: none of them is the node's. */
export const serviceAddresses = async (rootDirectory: string): Promise<readonly string[]> => {
  const record = await readFile(join(rootDirectory, ADDRESSES_FILE), 'utf8').catch(() => undefined);
  return record === undefined ? [] : (await import('@solo-kubelet/service-network/rx')).addressesOfRecord(record);
};
