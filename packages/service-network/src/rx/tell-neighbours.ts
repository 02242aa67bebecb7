import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import type { AddressRecord } from './address-record.js';
import { type AskNetworkOptions, shortened } from './ask-network.js';
import { ROUTE_PROTOCOL } from './left-routes.js';
import { seeInterface } from './see-interface.js';

/** Nobody ever answers here (RFC 7600): whoever hears the machine ask for it learns who asks. */
const NOBODY = '192.0.0.8';
/** How long the kernel takes to find a duplicate of an IPv6 address, at most, ms. */
const DUPLICATES_MS = 4_000;
const DUPLICATES_EVERY_MS = 250;

interface Given {
  readonly address: string;
  readonly device: string;
}

interface TellOptions extends AskNetworkOptions {
  readonly logger: Logger;
}

/** Tells neighbours who has these IPv4 addresses. Returns those that it could tell of; one that it could not keeps no other from that. */
export const tellNeighbours = async (
  given: readonly Given[],
  { run, poke, waitMs, logger, signal }: TellOptions,
): Promise<ReadonlySet<string>> => {
  const told = new Set(given.map(({ address }) => address));
  const { signal: never } = new AbortController();
  // Twice: neighbours believe a second owner only once the first is a second old.
  for (const pause of [1_100, 0]) {
    for (const { address, device: on } of given.filter((one) => told.has(one.address))) {
      try {
        await run('ip', ['neigh', 'del', NOBODY, 'dev', on], { signal });
        const route = [`${NOBODY}/32`, 'dev', on];
        const { code, stderr } = await run('ip', ['route', 'replace', ...route, 'src', address, 'proto', ROUTE_PROTOCOL], { signal });
        if (code !== 0) throw new Error(shortened(stderr));
        try {
          await poke(NOBODY);
          await waitMs(20, signal);
        } finally {
          await run('ip', ['route', 'del', ...route, 'proto', ROUTE_PROTOCOL], { signal: never });
          await run('ip', ['neigh', 'del', NOBODY, 'dev', on], { signal: never });
        }
      } catch (error) {
        signal.throwIfAborted();
        told.delete(address);
        logger.warn(
          { address, interface: on, err: describeError(error) },
          'Neighbours cannot be told of an address of a load balancer; trying again',
        );
      }
    }
    if (told.size === 0) break;
    if (pause > 0) await waitMs(pause, signal);
  }
  return told;
};

/** The kernel looks for duplicates of IPv6 addresses itself, and announces those that have none. Undecided ones wait for their link. */
export const findDuplicates = async (
  on: string,
  addresses: readonly string[],
  { run, waitMs, signal }: Pick<TellOptions, 'run' | 'waitMs' | 'signal'>,
): Promise<{ readonly duplicates: readonly string[]; readonly undecided: readonly string[] }> => {
  let undecided = addresses;
  let duplicates: readonly string[] = [];
  for (let waited = 0; waited < DUPLICATES_MS && undecided.length > 0; waited += DUPLICATES_EVERY_MS) {
    await waitMs(DUPLICATES_EVERY_MS, signal);
    const seen = await seeInterface(on, { run, signal });
    if (seen === undefined) return { duplicates: [], undecided: addresses };
    duplicates = addresses.filter((address) => seen.addresses.get(address)?.isDuplicate === true);
    undecided = addresses.filter((address) => {
      const { isTentative = true, isDuplicate = false } = seen.addresses.get(address) ?? {};
      return isTentative && !isDuplicate;
    });
    if (seen.fault !== undefined) break;
  }
  return { duplicates, undecided };
};

const fileOf = (on: string): string => `/proc/sys/net/ipv6/conf/${on}/ndisc_notify`;

/**
 * Has the kernel announce IPv6 addresses at an interface while it works. Noted first, so that whoever comes after one that was killed sets it back, and does not take
 * it for the owner's wish.
 */
export const whileNotifying = async <T>(
  on: string,
  { record, run, logger, signal }: Pick<TellOptions, 'run' | 'logger' | 'signal'> & { readonly record: AddressRecord },
  work: () => Promise<T>,
): Promise<T> => {
  // By a program, as all of this: in whichever network `run` works.
  const { stdout } = await run('cat', [fileOf(on)], { signal });
  if (stdout.trim() !== '0') return work();
  await record.save({ notifying: new Set([...(await record.load()).notifying, on]) });
  try {
    await run('tee', [fileOf(on)], { input: '1\n', signal });
    return await work();
  } finally {
    await setBack({ record, run }).catch((error: unknown) => logger.warn({ err: describeError(error) }, 'ndisc_notify cannot be set back'));
  }
};

/** Takes back what `whileNotifying` switched, of this process or of one that was killed. Not cancelled. */
export const setBack = async ({ record, run }: Pick<TellOptions, 'run'> & { readonly record: AddressRecord }): Promise<void> => {
  const { notifying } = await record.load();
  if (notifying.size === 0) return;
  const { signal } = new AbortController();
  // One whose interface is gone has none either.
  for (const on of notifying) await run('tee', [fileOf(on)], { input: '0\n', signal });
  await record.save({ notifying: new Set() });
};
