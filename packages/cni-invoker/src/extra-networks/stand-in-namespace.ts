import { randomBytes } from 'node:crypto';
import { CniError } from '../cni-error.js';
import { DEFAULT_ENV } from '../exec-plugin.js';
import { runPlugin } from '../run-plugin.js';

export interface StandInRequest {
  readonly ifName: string;
  /** With prefix lengths, as the interface had them. */
  readonly addresses: readonly string[];
}

export interface StandInNamespace extends AsyncDisposable {
  readonly netnsPath: string;
}

/** Makes a network namespace with one interface, in place of one that is gone. */
export type CreateStandIn = (request: StandInRequest, options: { readonly signal?: AbortSignal }) => Promise<StandInNamespace>;

/** Longest run of ip, ms. */
const TIMEOUT_MS = 10_000;

/**
 * Does it with ip (iproute2). The bridge and ptp plugins learn from the interface which masquerading rules to remove; a DEL without namespace
 * leaves these rules behind for good.
 */
export const createStandInWithIp =
  (env: Readonly<Record<string, string | undefined>> = DEFAULT_ENV): CreateStandIn =>
  async ({ ifName, addresses }, { signal }) => {
    const name = `cni-gone-${randomBytes(6).toString('hex')}`;
    const ip = async (args: readonly string[], options: { readonly signal?: AbortSignal } = {}): Promise<void> => {
      const { exitCode, stderr } = await runPlugin(
        { path: 'ip', args, env: definedOnly(env), stdin: '' },
        { ...options, timeoutMs: TIMEOUT_MS },
      );
      if (exitCode !== 0) {
        throw new CniError({
          code: 'CNI_DETACH_FAILED',
          message: `a stand-in namespace can't be made: ${stderr || `ip ended with code ${exitCode}`}`,
        });
      }
    };
    await ip(['netns', 'add', name], { signal });
    const remove = () => ip(['netns', 'delete', name]);
    try {
      await ip(['-n', name, 'link', 'add', ifName, 'type', 'veth', 'peer', 'name', 'stand-in'], { signal });
      for (const address of addresses) await ip(['-n', name, 'address', 'add', address, 'dev', ifName], { signal });
    } catch (error) {
      await remove();
      throw error;
    }
    return { netnsPath: `/run/netns/${name}`, [Symbol.asyncDispose]: remove };
  };

const definedOnly = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
