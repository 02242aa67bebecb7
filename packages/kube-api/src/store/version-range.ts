import type { Logger } from '@solo-kubelet/diagnostics';
import { readState, writeDurably } from '@solo-kubelet/state-files';

/** Versions that are set aside on disk at once: one write of a few bytes for a million changes. */
const BLOCK = 1_000_000;

const decodeVersion = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`want one whole number, not ${JSON.stringify(text.slice(0, 20))}`);
  return value;
};

export interface VersionRange {
  /** The version at which this run begins. */
  readonly first: number;
  /** Sets the next versions aside before they are needed. Call it with the version now. */
  readonly reserve: (version: number) => Promise<void>;
}

/**
 * Versions above all that earlier runs may have given out, whatever the clock says. Without a record of earlier runs they begin at the time in
 * microseconds, which is above what a server counts up to.
 */
export const openVersionRange = async (
  path: string,
  { nowMs, logger }: { readonly nowMs: number; readonly logger: Logger },
): Promise<VersionRange> => {
  const first = (await readState(path, { decode: decodeVersion, logger })) ?? Math.max(1, Math.floor(nowMs)) * 1_000;
  let end = first + BLOCK;
  await writeDurably(path, `${end}\n`);
  return {
    first,
    reserve: async (version) => {
      if (version < end - BLOCK / 2) return;
      end = version + BLOCK;
      await writeDurably(path, `${end}\n`);
    },
  };
};
