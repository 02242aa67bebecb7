import { isRecord } from '@solo-kubelet/diagnostics/json';
import type { RunProgram } from './run-program.js';

/** Marks routes as ours: `proto` of `ip route`; of those to ranges, and of those that are there for a moment. */
export const ROUTE_PROTOCOL = '213';
/** Longer than any of them is there on a machine that is not overloaded, ms: another kubelet may need the one that was seen. One whose route goes too early asks once more. */
const LONGEST_MS = 5_000;

interface LeftRoutesOptions {
  readonly run: RunProgram;
  readonly waitMs: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Takes away routes to single addresses that a kubelet left which was killed while it asked its network for them. Takes no time where there are none. */
export const removeLeftRoutes = async ({ run, waitMs, signal }: LeftRoutesOptions): Promise<void> => {
  const seen = async (): Promise<ReadonlyMap<string, readonly string[]>> => {
    const found = new Map<string, readonly string[]>();
    for (const version of ['-4', '-6']) {
      const { code, stdout } = await run('ip', ['-j', '-N', version, 'route', 'show', 'proto', ROUTE_PROTOCOL], { signal });
      for (const [dst, dev] of code === 0 ? hostRoutes(stdout) : [])
        found.set(`${dst} ${dev}`, [version, 'route', 'del', `${dst}/${version === '-6' ? 128 : 32}`, 'dev', dev, 'proto', ROUTE_PROTOCOL]);
    }
    return found;
  };
  const before = await seen();
  if (before.size === 0) return;
  await waitMs(LONGEST_MS, signal);
  for (const [key, args] of await seen()) if (before.has(key)) await run('ip', args, { signal });
};

/** Destination and interface. Those to ranges of Services are no single addresses, and lead to `lo`. */
const hostRoutes = (text: string): readonly (readonly [string, string])[] => {
  try {
    const routes: unknown = JSON.parse(text.trim() === '' ? '[]' : text);
    return (Array.isArray(routes) ? routes : []).flatMap((route: unknown) => {
      const { dst, dev } = isRecord(route) ? route : {};
      return typeof dst === 'string' && typeof dev === 'string' && /^[0-9a-f.:]+$/.test(dst) && dev !== 'lo' ? [[dst, dev] as const] : [];
    });
  } catch {
    return [];
  }
};
