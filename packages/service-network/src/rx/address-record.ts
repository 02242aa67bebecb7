import type { Logger } from '@solo-kubelet/diagnostics';
import { isRecord } from '@solo-kubelet/diagnostics/json';
import { readState, writeDurably } from '@solo-kubelet/state-files';

/** Which addresses were given to which interfaces of the machine. */
export interface AddressRecord {
  load(): Promise<ReadonlyMap<string, string>>;
  /** Resolves once it survives a loss of power. */
  save(addresses: ReadonlyMap<string, string>): Promise<void>;
}

/** Kept as one file; read once. */
export const addressRecord = ({ path, logger }: { readonly path: string; readonly logger: Logger }): AddressRecord => {
  let known: ReadonlyMap<string, string> | undefined;
  return {
    load: async () => {
      known ??= (await readState(path, { decode: decodeAddresses, logger, requireReadable: true })) ?? new Map();
      return known;
    },
    save: async (addresses) => {
      await writeDurably(path, JSON.stringify({ version: 1, addresses: Object.fromEntries(addresses) }), {
        mode: 0o600,
        directoryMode: 0o700,
      });
      known = addresses;
    },
  };
};

/** The record in a text. @throws Error for a text that holds none */
const decodeAddresses = (text: string): ReadonlyMap<string, string> => {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value) || value['version'] !== 1 || !isRecord(value['addresses']))
    throw new Error('it is no record of addresses in version 1');
  return new Map(
    Object.entries(value['addresses']).map(([address, device]) => {
      if (typeof device !== 'string') throw new Error(`the interface of ${address} is missing`);
      return [address, device];
    }),
  );
};

/** The addresses that a record tells of; none where it can't be read. */
export const addressesOfRecord = (text: string): readonly string[] => {
  try {
    return [...decodeAddresses(text).keys()];
  } catch {
    return [];
  }
};
