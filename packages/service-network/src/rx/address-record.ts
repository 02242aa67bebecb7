import type { Logger } from '@solo-kubelet/diagnostics';
import { isRecord } from '@solo-kubelet/diagnostics/json';
import { readState, writeDurably } from '@solo-kubelet/state-files';

/** What a kubelet did to the machine for addresses of load balancers. */
export interface GivenAddresses {
  /** The interface that has it, by address. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Those of them that neighbours may not have been told of. */
  readonly untold: ReadonlySet<string>;
  /** Interfaces whose `ndisc_notify` was switched on for a moment. */
  readonly notifying: ReadonlySet<string>;
}

export interface AddressRecord {
  load(): Promise<GivenAddresses>;
  /** What is not named stays. Resolves once it survives a loss of power. */
  save(changed: Partial<GivenAddresses>): Promise<void>;
}

const NOTHING: GivenAddresses = { addresses: new Map(), untold: new Set(), notifying: new Set() };

/** Kept as one file; read once. */
export const addressRecord = ({ path, logger }: { readonly path: string; readonly logger: Logger }): AddressRecord => {
  let known: GivenAddresses | undefined;
  const load = async (): Promise<GivenAddresses> => {
    known ??= (await readState(path, { decode: decodeAddresses, logger, requireReadable: true })) ?? NOTHING;
    return known;
  };
  return {
    load,
    save: async (changed) => {
      const { addresses, untold, notifying } = { ...(await load()), ...changed };
      const next: GivenAddresses = { addresses, untold: new Set([...untold].filter((address) => addresses.has(address))), notifying };
      const text = JSON.stringify({
        version: 1,
        addresses: Object.fromEntries(addresses),
        ...(next.untold.size > 0 && { untold: [...next.untold] }),
        ...(notifying.size > 0 && { notifying: [...notifying] }),
      });
      await writeDurably(path, text, { mode: 0o600, directoryMode: 0o700 });
      known = next;
    },
  };
};

/** The record in a text. @throws Error for a text that holds none */
const decodeAddresses = (text: string): GivenAddresses => {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value) || value['version'] !== 1 || !isRecord(value['addresses']))
    throw new Error('it is no record of addresses in version 1');
  const addresses = new Map(
    Object.entries(value['addresses']).map(([address, device]) => {
      if (typeof device !== 'string') throw new Error(`the interface of ${address} is missing`);
      return [address, device];
    }),
  );
  return { addresses, untold: textsOf(value['untold']), notifying: textsOf(value['notifying']) };
};

const textsOf = (value: unknown): ReadonlySet<string> =>
  new Set(Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []);

/** The addresses that a record tells of; none where it can't be read. */
export const addressesOfRecord = (text: string): readonly string[] => {
  try {
    return [...decodeAddresses(text).addresses.keys()];
  } catch {
    return [];
  }
};
