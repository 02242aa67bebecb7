import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeDurably } from '@solo-kubelet/state-files';

const run = promisify(execFile);
/** Names the address that this kubelet gave to the machine, for whoever takes it away again. */
const RECORD = 'dns-address';
const LIMIT_MS = 30_000;

export interface OwnAddressOptions {
  readonly rootDirectory: string;
}

/** One after the other: an address that is being given when the kubelet ends must be there before it can be taken away. */
let last: Promise<unknown> = Promise.resolve();
const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
  const done = last.then(work, work);
  last = done.catch(() => {});
  return done;
};

/**
 * Gives the machine an address of this kubelet's own, on the loopback device: Pods reach it by their default route, and nobody else listens
 * there. One that the machine had before is used and left alone. Takes 30 s at most and is not cancelled: half of it would leave an address that nobody
 * knows of. @throws Error where `ip` is missing or refuses
 */
export const addOwnAddress = (address: string, { rootDirectory }: OwnAddressOptions): Promise<void> =>
  inTurn(async () => {
    const record = join(rootDirectory, RECORD);
    const earlier = await readFile(record, 'utf8').catch(() => '');
    if (earlier !== '' && earlier !== address) await remove(rootDirectory);
    if (isThere(address)) return;
    // Written first: a kubelet that is killed in between leaves nothing that nobody knows of.
    await writeDurably(record, address);
    await run('ip', ['address', 'add', withLength(address), 'dev', 'lo'], { timeout: LIMIT_MS });
  });

/** Takes it away again. What was not given by this kubelet stays. */
export const removeOwnAddress = ({ rootDirectory }: OwnAddressOptions): Promise<void> => inTurn(() => remove(rootDirectory));

const remove = async (rootDirectory: string): Promise<void> => {
  const record = join(rootDirectory, RECORD);
  const address = await readFile(record, 'utf8').catch(() => '');
  if (isIP(address) === 0) return;
  if (isThere(address)) await run('ip', ['address', 'del', withLength(address), 'dev', 'lo'], { timeout: LIMIT_MS });
  await rm(record, { force: true });
};

const isThere = (address: string): boolean =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some((each) => each.address === address));

const withLength = (address: string): string => `${address}/${isIPv6(address) ? 128 : 32}`;
