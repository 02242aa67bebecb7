import { CniError } from '../cni-error.js';
import { DEFAULT_ENV } from '../exec-plugin.js';
import { runPlugin } from '../run-plugin.js';

export interface DefaultRouteRequest {
  readonly netnsPath: string;
  readonly ifName: string;
  readonly gateways: readonly string[];
}

/** Makes gateways behind an interface the default route of a network namespace. */
export type SetDefaultRoute = (request: DefaultRouteRequest, options: { readonly signal?: AbortSignal }) => Promise<void>;

/** Longest run of nsenter with ip, ms. */
const TIMEOUT_MS = 10_000;

/** Does it with nsenter (util-linux) and ip (iproute2). An existing default route of the family is replaced. */
export const setDefaultRouteWithIp =
  (env: Readonly<Record<string, string | undefined>> = DEFAULT_ENV): SetDefaultRoute =>
  async ({ netnsPath, ifName, gateways }, { signal }) => {
    for (const gateway of gateways) {
      const family = gateway.includes(':') ? '-6' : '-4';
      const args = [`--net=${netnsPath}`, 'ip', family, 'route', 'replace', 'default', 'via', gateway, 'dev', ifName];
      const { exitCode, stderr } = await runPlugin(
        { path: 'nsenter', args, env: definedOnly(env), stdin: '' },
        { signal, timeoutMs: TIMEOUT_MS },
      );
      if (exitCode !== 0) {
        throw new CniError({
          code: 'CNI_DEFAULT_ROUTE_FAILED',
          message: `the default route via ${gateway} on ${ifName} can't be set: ${stderr || `ip ended with code ${exitCode}`}`,
          hint: 'The gateway must lie in a subnet of that interface.',
        });
      }
    }
  };

const definedOnly = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
