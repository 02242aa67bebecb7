import { describeError } from '@solo-kubelet/diagnostics';
import { familyOf } from '../core/ip-address.js';
import { ROUTE_PROTOCOL } from './left-routes.js';
import type { RunProgram } from './run-program.js';
import { seeInterface } from './see-interface.js';

/** Something about addresses, going on from the address, such as `is answered by 02:…`. */
export type AddressNotes = ReadonlyMap<string, string>;

export interface AskedAddress {
  readonly address: string;
  /** The machine asks its neighbours for it without a route of its own. */
  readonly isOnLink: boolean;
}

export interface AskNetworkOptions {
  readonly run: RunProgram;
  readonly poke: (address: string) => Promise<void>;
  readonly waitMs: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/** When it is looked whether somebody answered, ms after asking: at once on an idle network; the kernel asks again after a second. */
const LOOKS_MS = [60, 300, 1_250];

export const version = (address: string): '-4' | '-6' => (familyOf(address) === 'IPv6' ? '-6' : '-4');
export const whole = (address: string): string => `${address}/${familyOf(address) === 'IPv6' ? 128 : 32}`;
export const shortened = (stderr: string): string => stderr.trim().slice(0, 300);

/** Asks a network for addresses that are not the machine's: who has which, and which could not be asked for. Nobody has the others. */
export const askNetwork = async (
  on: string,
  wanted: readonly AskedAddress[],
  { run, poke, waitMs, signal }: AskNetworkOptions,
): Promise<{ readonly faults: AddressNotes; readonly waiting: AddressNotes }> => {
  const faults = new Map<string, string>();
  const waiting = new Map<string, string>();
  const routed: string[] = [];
  const unasked = (address: string, why: string): void => {
    if (!faults.has(address)) waiting.set(address, `cannot be asked for at ${on}: ${why}`);
  };
  const routeOf = (address: string): readonly string[] => [whole(address), 'dev', on, 'proto', ROUTE_PROTOCOL];
  try {
    for (const { address, isOnLink } of wanted) {
      // What is remembered of it may be long gone.
      await run('ip', [version(address), 'neigh', 'del', address, 'dev', on], { signal });
      if (isOnLink) continue;
      const { code, stderr } = await run('ip', [version(address), 'route', 'add', ...routeOf(address)], { signal });
      if (code === 0) routed.push(address);
      else unasked(address, shortened(stderr));
    }
    const asked = wanted.filter(({ address }) => !waiting.has(address));
    await Promise.all(asked.map(({ address }) => poke(address).catch((error: unknown) => unasked(address, describeError(error)))));
    let before = 0;
    for (const at of LOOKS_MS) {
      if (asked.every(({ address }) => waiting.has(address) || faults.has(address))) break;
      await waitMs(at - before, signal);
      before = at;
      const known = await neighbours(on, { run, signal });
      for (const { address } of asked) {
        if (typeof known === 'string') unasked(address, known);
        else if (known.has(address)) {
          faults.set(address, `is answered by ${known.get(address)} at ${on}`);
          waiting.delete(address);
        }
      }
    }
    // Whose cable was pulled meanwhile heard no answer.
    const fault = (await seeInterface(on, { run, signal }))?.fault;
    if (fault !== undefined) for (const { address } of wanted) unasked(address, `it ${fault}`);
  } finally {
    // Not cancelled: a route that stays would keep packets from the machine itself.
    const { signal: never } = new AbortController();
    for (const address of routed) {
      const deleted = await run('ip', [version(address), 'route', 'del', ...routeOf(address)], { signal: never }).catch(() => undefined);
      // Another kubelet that was started meanwhile takes it for one that was left: then nobody was asked.
      if (deleted?.code !== 0) unasked(address, 'the route to it was taken away meanwhile');
    }
    for (const { address } of wanted)
      await run('ip', [version(address), 'neigh', 'del', address, 'dev', on], { signal: never }).catch(() => undefined);
  }
  return { faults, waiting };
};

/** Hardware addresses that neighbours answered with, by address; or why that cannot be told. */
const neighbours = async (
  on: string,
  { run, signal }: Pick<AskNetworkOptions, 'run' | 'signal'>,
): Promise<ReadonlyMap<string, string> | string> => {
  const states = ['reachable', 'stale', 'delay', 'probe', 'permanent'].flatMap((state) => ['nud', state]);
  const results = await Promise.all(['-4', '-6'].map((family) => run('ip', [family, 'neigh', 'show', 'dev', on, ...states], { signal })));
  const failed = results.find(({ code }) => code !== 0);
  if (failed !== undefined) return `ip neigh show: ${shortened(failed.stderr)}`;
  return new Map(
    results
      .flatMap(({ stdout }) => stdout.split('\n'))
      .flatMap((line) => {
        const [address = '', ...words] = line.trim().split(' ');
        const link = words[words.indexOf('lladdr') + 1];
        return words.includes('lladdr') && link !== undefined ? [[address, link] as const] : [];
      }),
  );
};
