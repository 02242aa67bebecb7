import type { ConntrackFlush } from '../core/conntrack-flushes.js';
import type { IpRange } from '../core/ip-range.js';
import { addressAt, parseIpRange } from '../core/ip-range.js';
import { type NftTable, removeTableScript, tableChangeScript, tableFingerprint, wholeTableScript } from '../core/nft-table.js';
import { policyTableName } from '../core/policy-table.js';
import { serviceTableName } from '../core/service-table.js';
import { ROUTE_PROTOCOL } from './left-routes.js';
import { type RunProgram, runProgram } from './run-program.js';

/** Puts tables into the kernel, each change as one transaction. */
export interface TableApplier {
  /** Whether the kernel has just this table. */
  isInForce(table: NftTable, o: { readonly signal: AbortSignal }): Promise<boolean>;
  /** Makes one of the other; without `previous`, or where that is not what the kernel has, the whole table in one step. */
  apply(previous: NftTable | undefined, next: NftTable, o: { readonly signal: AbortSignal }): Promise<'same' | 'changed' | 'replaced'>;
  /** Whether it is there or not. */
  remove(table: Pick<NftTable, 'family' | 'name'>, o: { readonly signal: AbortSignal }): Promise<void>;
  /** Every table of the owner, and the routes to its ranges; the kernel forgets connections to them, and to the places. */
  removeAll(owner: string, ranges: readonly string[], o: { readonly places?: ServicePlaces; readonly signal: AbortSignal }): Promise<void>;
  /** Makes the kernel forget connections; returns why it could not. */
  forget(flushes: readonly ConntrackFlush[], o: { readonly signal: AbortSignal }): Promise<string | undefined>;
  /** A packet is routed before it is translated: a machine without a default route needs a way to the range. Rejects where the range is somebody else's. */
  ensureRoute(range: IpRange, o: { readonly signal: AbortSignal }): Promise<void>;
}

/** Where Services were reached beside their ranges. */
export interface ServicePlaces {
  readonly addresses: readonly string[];
  readonly nodePorts: readonly number[];
}

const FAMILIES = ['ip', 'ip6'] as const;

/** Those of an owner, in each of the families. */
export const tableNames = (owner: string): readonly string[] => [serviceTableName(owner), policyTableName(owner)];

export const nftApplier = ({ run = runProgram }: { readonly run?: RunProgram } = {}): TableApplier => {
  const nft = async (script: string, signal: AbortSignal): Promise<void> => {
    const { code, stderr } = await run('nft', ['-f', '-'], { input: script, signal });
    if (code !== 0) throw new Error(`nft: ${firstLines(stderr)}`);
  };
  return {
    isInForce: async (table, { signal }) => {
      const { code } = await run('nft', ['list', 'chain', table.family, table.name, tableFingerprint(table)], { signal });
      return code === 0;
    },
    apply: async (previous, next, { signal }) => {
      const script = previous === undefined ? undefined : previous === next ? '' : tableChangeScript(previous, next);
      if (script === '') return 'same';
      if (script !== undefined) {
        // Whatever is wrong with a change, the whole table in one step mends it: somebody else's flush, or a kernel that holds a map's chain a moment longer.
        const { code } = await run('nft', ['-f', '-'], { input: script, signal });
        if (code === 0) return 'changed';
      }
      await nft(wholeTableScript(next), signal);
      return 'replaced';
    },
    remove: (table, { signal }) => nft(removeTableScript(table), signal),
    removeAll: async (owner, ranges, { places = { addresses: [], nodePorts: [] }, signal }) => {
      await nft(
        [serviceTableName(owner), policyTableName(owner)]
          .flatMap((name) => FAMILIES.map((family) => removeTableScript({ family, name })))
          .join(''),
        signal,
      );
      for (const range of ranges.flatMap((text) => parseIpRange(text) ?? [])) {
        const version = range.family === 'IPv4' ? '-4' : '-6';
        await run('ip', [version, 'route', 'flush', 'proto', ROUTE_PROTOCOL, 'root', range.text], { signal });
      }
      const forgets = [
        ...[...ranges, ...places.addresses].map((text) => [...(text.includes(':') ? ['-f', 'ipv6'] : []), '--orig-dst', text]),
        ...places.nodePorts.flatMap((port) =>
          ['tcp', 'udp', 'sctp'].flatMap((protocol) =>
            [[], ['-f', 'ipv6']].map((family) => [...family, '--dst-nat', '-p', protocol, '--orig-port-dst', String(port)]),
          ),
        ),
      ];
      // A soft need, as ever: what the kernel remembers goes by itself in the end.
      for (const args of forgets) {
        const { code } = await run('conntrack', ['-D', ...args], { signal }).catch(() => ({ code: null }));
        if (code === null) break;
      }
    },
    forget: async (flushes, { signal }) => {
      for (const flush of flushes) {
        const { code, stderr } = await run('conntrack', conntrackArguments(flush), { signal });
        // It says so, too, where there was nothing to forget.
        if (code !== 0 && !/0 flow entries have been deleted/.test(stderr)) return `conntrack: ${firstLines(stderr)}`;
      }
      return undefined;
    },
    ensureRoute: async (range, { signal }) => {
      const version = range.family === 'IPv4' ? '-4' : '-6';
      const { stdout } = await run('ip', ['-N', version, 'route', 'show', 'table', 'all', 'root', range.text], { signal });
      const routes = stdout
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');
      const foreign = routes.find((line) => !line.includes(`proto ${ROUTE_PROTOCOL}`));
      if (foreign !== undefined)
        throw new Error(`the range ${range.text} of Services overlaps a route of this machine: ${foreign.slice(0, 200)}`);
      if (routes.length > 0) return;
      const { code } = await run('ip', [version, 'route', 'get', addressAt(range, 1n)], { signal });
      if (code === 0) return;
      const added = await run('ip', [version, 'route', 'replace', range.text, 'dev', 'lo', 'proto', ROUTE_PROTOCOL], { signal });
      if (added.code !== 0) throw new Error(`ip route: ${firstLines(added.stderr)}`);
    },
  };
};

const conntrackArguments = ({ protocol, address, port, endpoint }: ConntrackFlush): readonly string[] => [
  '-D',
  ...(address?.includes(':') || endpoint?.includes(':') ? ['-f', 'ipv6'] : []),
  '-p',
  protocol,
  ...(address === undefined ? [] : ['--orig-dst', address]),
  '--orig-port-dst',
  String(port),
  ...(endpoint === undefined ? [] : ['--reply-src', endpoint]),
];

const firstLines = (text: string): string => text.trim().split('\n').slice(0, 3).join(' ').slice(0, 500);
