import { isRecord } from '@solo-kubelet/diagnostics/json';
import type { RunProgram } from './run-program.js';

export interface SeenInterface {
  /** Why nobody can be asked or told anything there, going on from the interface's name; undefined: somebody can. */
  readonly fault: string | undefined;
  readonly addresses: ReadonlyMap<string, SeenAddress>;
}

export interface SeenAddress {
  /** The kernel has not found out yet whether somebody else has it; without a carrier it never does. */
  readonly isTentative: boolean;
  readonly isDuplicate: boolean;
}

/**
 * An interface as the kernel has it: what `ip addr add` says of an address that is there already differs between kernels, and `ip route get` does not know
 * the addresses of one that is down. Undefined where there is none of that name. @throws Error where `ip` says what cannot be read
 */
export const seeInterface = async (
  on: string,
  { run, signal }: { readonly run: RunProgram; readonly signal: AbortSignal },
): Promise<SeenInterface | undefined> => {
  const { code, stdout } = await run('ip', ['-j', 'addr', 'show', 'dev', on], { signal });
  if (code !== 0) return undefined;
  const parsed: unknown = JSON.parse(stdout);
  // Older ones of `ip` leave empty objects for what does not match.
  const found: unknown = Array.isArray(parsed) ? parsed.find((one) => isRecord(one) && one['ifname'] !== undefined) : undefined;
  if (!isRecord(found) || !Array.isArray(found['flags'])) throw new Error(`ip addr show dev ${on} names no interface`);
  const { flags, addr_info: list } = found;
  const addresses = (Array.isArray(list) ? list : []).flatMap((one: unknown): readonly (readonly [string, SeenAddress])[] => {
    if (!isRecord(one) || typeof one['local'] !== 'string') return [];
    return [[one['local'], { isTentative: one['tentative'] === true, isDuplicate: one['dadfailed'] === true }]];
  });
  const fault = flags.includes('UP') ? (flags.includes('LOWER_UP') ? undefined : 'has no carrier') : 'is down';
  return { fault, addresses: new Map(addresses) };
};
