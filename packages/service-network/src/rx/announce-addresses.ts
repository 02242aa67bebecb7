import { createSocket } from 'node:dgram';
import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { delay } from '@solo-kubelet/timers';
import { familyOf } from '../core/ip-address.js';
import { type AddressRecord, addressRecord } from './address-record.js';
import { ROUTE_PROTOCOL, removeLeftRoutes } from './left-routes.js';
import { type RunProgram, runProgram } from './run-program.js';

/** Addresses that others do not let us have, or that cannot be put anywhere, and why: goes on from the address, such as `is answered by 02:…`. */
export type AddressFaults = ReadonlyMap<string, string>;

/** Gives the machine addresses of load balancers, and tells its neighbours. */
export interface AddressAnnouncer {
  /** Which of these the machine cannot have. Takes a second where one is not the machine's yet: so long others have to answer. */
  probe(addresses: readonly string[], o: { readonly signal: AbortSignal }): Promise<AddressFaults>;
  /** Takes away what it gave, but for these: what can be. @throws Error at the end for what can not */
  withdraw(keep: readonly string[], o: { readonly signal: AbortSignal }): Promise<void>;
  /** Gives what is not there, and tells of those that it could. Returns what could not be given, or is somebody else's as the kernel found. */
  announce(addresses: readonly string[], o: { readonly signal: AbortSignal }): Promise<AddressFaults>;
}

export interface AddressAnnouncerOptions {
  /** A file that names what was given, for whoever takes it away. */
  readonly path: string;
  /** Where all of them are given. Default: the interface by which the machine reaches the network of the address. */
  readonly device?: string | undefined;
  readonly logger?: Logger;
  readonly run?: RunProgram;
  /** Sends a datagram that nobody reads, so that the kernel asks for the address's owner. */
  readonly poke?: (address: string) => Promise<void>;
  readonly waitMs?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** When it is looked whether somebody answered, ms after asking: at once on an idle network; the kernel asks again after a second. */
const LOOKS_MS = [60, 300, 1_250];
/** How long the kernel takes to find a duplicate of an IPv6 address, at most, ms. */
const DUPLICATES_MS = 4_000;
const DUPLICATES_EVERY_MS = 250;
/** Nobody ever answers here (RFC 7600): whoever hears the machine ask for it learns who asks. */
const NOBODY = '192.0.0.8';
const AT_ONCE = 16;

/**
 * An address is added to the interface as a block of one, which the machine then answers for. The kernel announces IPv6 addresses by itself where `ndisc_notify` is
 * on. For IPv4 it does not (`arp_notify` is for links that come up), so it is made to ask for an address that nobody has, in the new one's name: by that request all
 * neighbours that knew another owner learn the new one (RFC 826). Neither needs a program beside `ip`.
 */
export const createAddressAnnouncer = ({
  path,
  device,
  logger = silentLogger,
  run = runProgram,
  poke = pokeAddress,
  waitMs = (ms, signal) => delay(ms, undefined, { signal }),
}: AddressAnnouncerOptions): AddressAnnouncer => {
  const record: AddressRecord = addressRecord({ path, logger });
  const ip = async (args: readonly string[], signal: AbortSignal): Promise<void> => {
    const { code, stderr } = await run('ip', args, { signal });
    if (code !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim().slice(0, 300)}`);
  };

  let isSwept = false;
  /** Before the first look: a route that was left would pass for a network of the machine. */
  const sweep = async (signal: AbortSignal): Promise<void> => {
    if (isSwept) return;
    try {
      await removeLeftRoutes({ run, waitMs, signal });
      isSwept = true;
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ err: describeError(error) }, 'Routes that an earlier kubelet may have left cannot be looked for; trying again');
    }
  };

  /** Where an address is, or would be put. */
  const placeOf = async (address: string, signal: AbortSignal): Promise<Place> => {
    const { code, stdout } = await run('ip', ['-j', version(address), 'route', 'get', address], { signal });
    const route = code === 0 ? readRoute(stdout) : undefined;
    const isOnLink = route !== undefined && route.gateway === undefined && route.type !== 'local';
    return {
      isHere: route?.type === 'local',
      device: device ?? (isOnLink ? route.dev : undefined),
      isOnLink: isOnLink && route.dev === (device ?? route.dev),
    };
  };

  const neighbours = async (on: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> => {
    const lines = await Promise.all(
      ['-4', '-6'].map((family) =>
        run(
          'ip',
          [family, 'neigh', 'show', 'dev', on, 'nud', 'reachable', 'nud', 'stale', 'nud', 'delay', 'nud', 'probe', 'nud', 'permanent'],
          { signal },
        ),
      ),
    );
    return new Map(
      lines
        .flatMap(({ stdout }) => stdout.split('\n'))
        .flatMap((line) => {
          const [address = '', ...words] = line.trim().split(' ');
          const link = words[words.indexOf('lladdr') + 1];
          return words.includes('lladdr') && link !== undefined ? [[address, link] as const] : [];
        }),
    );
  };

  /** Asks a network for addresses that are not the machine's. */
  const ask = async (on: string, wanted: readonly AskedAddress[], signal: AbortSignal): Promise<AddressFaults> => {
    const faults = new Map<string, string>();
    const routed: string[] = [];
    try {
      for (const { address, isOnLink } of wanted) {
        // What is remembered of it may be long gone.
        await run('ip', [version(address), 'neigh', 'del', address, 'dev', on], { signal });
        if (
          !isOnLink &&
          (await run('ip', [version(address), 'route', 'add', whole(address), 'dev', on, 'proto', ROUTE_PROTOCOL], { signal })).code === 0
        )
          routed.push(address);
      }
      await Promise.all(wanted.map(({ address }) => poke(address).catch(() => {})));
      let before = 0;
      for (const at of LOOKS_MS) {
        await waitMs(at - before, signal);
        before = at;
        const known = await neighbours(on, signal);
        for (const { address } of wanted) if (known.has(address)) faults.set(address, `is answered by ${known.get(address)} at ${on}`);
        if (faults.size === wanted.length) break;
      }
    } finally {
      // Not cancelled: a route that stays would keep packets from the machine itself.
      const { signal: never } = new AbortController();
      for (const address of routed)
        await run('ip', [version(address), 'route', 'del', whole(address), 'dev', on, 'proto', ROUTE_PROTOCOL], { signal: never }).catch(
          () => undefined,
        );
      for (const { address } of wanted)
        await run('ip', [version(address), 'neigh', 'del', address, 'dev', on], { signal: never }).catch(() => undefined);
    }
    return faults;
  };

  const tell = async (given: readonly { readonly address: string; readonly device: string }[], signal: AbortSignal): Promise<void> => {
    const own = given.filter(({ address }) => familyOf(address) === 'IPv4');
    if (own.length === 0) return;
    // Twice: neighbours believe a second owner only once the first is a second old.
    for (const pause of [1_100, 0]) {
      for (const { address, device: on } of own) {
        await run('ip', ['neigh', 'del', NOBODY, 'dev', on], { signal });
        await ip(['route', 'replace', `${NOBODY}/32`, 'dev', on, 'src', address, 'proto', ROUTE_PROTOCOL], signal);
        try {
          await poke(NOBODY).catch(() => {});
          await waitMs(20, signal);
        } finally {
          const { signal: never } = new AbortController();
          await run('ip', ['route', 'del', `${NOBODY}/32`, 'dev', on, 'proto', ROUTE_PROTOCOL], { signal: never });
          await run('ip', ['neigh', 'del', NOBODY, 'dev', on], { signal: never });
        }
      }
      if (pause > 0) await waitMs(pause, signal);
    }
  };

  /** The kernel looks for duplicates of IPv6 addresses itself, and announces those that have none. */
  const duplicates = async (on: string, addresses: readonly string[], signal: AbortSignal): Promise<readonly string[]> => {
    for (let waited = 0; waited < DUPLICATES_MS; waited += DUPLICATES_EVERY_MS) {
      await waitMs(DUPLICATES_EVERY_MS, signal);
      const { stdout } = await run('ip', ['-6', '-o', 'addr', 'show', 'dev', on, 'tentative'], { signal });
      const open = stdout.split('\n').filter((line) => addresses.some((address) => line.includes(` ${address}/128 `)));
      const failed = addresses.filter((address) => open.some((line) => line.includes(` ${address}/128 `) && line.includes('dadfailed')));
      if (open.length === failed.length) return failed;
    }
    return [];
  };

  const remove = async (address: string, on: string, signal: AbortSignal): Promise<void> => {
    const { code, stderr } = await run('ip', [version(address), 'addr', 'del', whole(address), 'dev', on], { signal });
    // Somebody took it away, or the interface is gone: what was wanted.
    if (code !== 0 && !/Cannot (assign|find)|not found/i.test(stderr))
      throw new Error(`ip addr del ${address}: ${stderr.trim().slice(0, 300)}`);
  };

  return {
    probe: async (addresses, { signal }) => {
      await sweep(signal);
      const own = await record.load();
      const faults = new Map<string, string>();
      const byDevice = new Map<string, AskedAddress[]>();
      for (const address of addresses) {
        const { isHere, device: on, isOnLink } = await placeOf(address, signal);
        if (isHere && own.has(address)) continue;
        if (isHere) faults.set(address, 'is an address of this machine already');
        else if (on === undefined)
          faults.set(address, 'is in no network of this machine; --service-load-balancer-interface names the interface that is to have it');
        else byDevice.set(on, [...(byDevice.get(on) ?? []), { address, isOnLink }]);
      }
      for (const [on, wanted] of byDevice) {
        if ((await run('ip', ['link', 'show', 'dev', on], { signal })).code !== 0) {
          for (const { address } of wanted) faults.set(address, `has no place: this machine has no interface ${on}`);
          continue;
        }
        for (let i = 0; i < wanted.length; i += AT_ONCE)
          for (const [address, why] of await ask(on, wanted.slice(i, i + AT_ONCE), signal)) faults.set(address, why);
      }
      return faults;
    },
    withdraw: async (keep, { signal }) => {
      await sweep(signal);
      const own = await record.load();
      const failures: unknown[] = [];
      for (const [address, on] of [...own]) {
        if (keep.includes(address) && (device === undefined || device === on)) continue;
        try {
          await remove(address, on, signal);
        } catch (error) {
          signal.throwIfAborted();
          failures.push(error);
          continue;
        }
        await record.save(new Map([...(await record.load())].filter(([other]) => other !== address)));
        // A soft need: what the kernel remembers of connections to it goes by itself in the end.
        const family = familyOf(address) === 'IPv6' ? ['-f', 'ipv6'] : [];
        await run('conntrack', ['-D', ...family, '--orig-dst', address], { signal }).catch(() => undefined);
        logger.info({ address, interface: on }, 'An address of a load balancer was taken away');
      }
      if (failures.length > 0) throw new Error(failures.map(describeError).join('; '));
    },
    announce: async (addresses, { signal }) => {
      const given: { readonly address: string; readonly device: string }[] = [];
      const switched = new Map<string, () => Promise<void>>();
      const faults = new Map<string, string>();
      try {
        for (const address of addresses) {
          const own = await record.load();
          const { isHere, device: on } = await placeOf(address, signal);
          if (isHere) continue;
          if (on === undefined) {
            // One that was given stays where it is: its interface may be down for a moment, and has it again with the next look.
            if (own.has(address)) logger.warn({ address }, 'An address of a load balancer is in no network of this machine now');
            else faults.set(address, 'is in no network of this machine any more');
            continue;
          }
          // Written first: a kubelet that is killed in between leaves nothing that nobody knows of.
          await record.save(new Map([...own, [address, on]]));
          if (familyOf(address) === 'IPv6' && !switched.has(on)) switched.set(on, await notifyOf(on, { run, signal }));
          try {
            // Not for what the machine itself sends: of IPv6, deprecated addresses are not chosen.
            await ip(
              [version(address), 'addr', 'add', whole(address), 'dev', on, ...(familyOf(address) === 'IPv6' ? ['preferred_lft', '0'] : [])],
              signal,
            );
          } catch (error) {
            signal.throwIfAborted();
            // So it is for an interface that is down.
            const isOwn = own.has(address) && describeError(error).includes('File exists');
            if (!isOwn) faults.set(address, `cannot be added: ${describeError(error)}`);
            await record.save(own);
            continue;
          }
          given.push({ address, device: on });
          logger.info({ address, interface: on }, 'The machine has an address of a load balancer');
        }
        await tell(given, signal);
        for (const on of switched.keys()) {
          const fresh = given.filter((one) => one.device === on && familyOf(one.address) === 'IPv6').map(({ address }) => address);
          for (const address of await duplicates(on, fresh, signal)) {
            await remove(address, on, signal);
            await record.save(new Map([...(await record.load())].filter(([other]) => other !== address)));
            faults.set(address, `is answered by somebody else at ${on}`);
          }
        }
      } finally {
        for (const back of switched.values())
          await back().catch((error: unknown) => logger.warn({ err: describeError(error) }, 'ndisc_notify cannot be set back'));
      }
      return faults;
    },
  };
};

interface Place {
  readonly isHere: boolean;
  /** Undefined: nowhere. */
  readonly device: string | undefined;
  /** The machine asks its neighbours for it without a route of its own. */
  readonly isOnLink: boolean;
}

interface AskedAddress {
  readonly address: string;
  readonly isOnLink: boolean;
}

const version = (address: string): '-4' | '-6' => (familyOf(address) === 'IPv6' ? '-6' : '-4');
const whole = (address: string): string => `${address}/${familyOf(address) === 'IPv6' ? 128 : 32}`;

const readRoute = (text: string): { readonly type?: string; readonly dev?: string; readonly gateway?: string } | undefined => {
  try {
    const [route] = JSON.parse(text) as readonly { readonly type?: string; readonly dev?: string; readonly gateway?: string }[];
    return route;
  } catch {
    return undefined;
  }
};

/** Has the kernel announce IPv6 addresses at an interface; returns what sets it back. */
const notifyOf = async (
  on: string,
  { run, signal }: { readonly run: RunProgram; readonly signal: AbortSignal },
): Promise<() => Promise<void>> => {
  const file = `/proc/sys/net/ipv6/conf/${on}/ndisc_notify`;
  // By a program, as all of this: in whichever network `run` works.
  const { stdout } = await run('cat', [file], { signal });
  if (stdout.trim() !== '0') return async () => {};
  await run('tee', [file], { input: '1\n', signal });
  return async () => {
    await run('tee', [file], { input: '0\n', signal: new AbortController().signal });
  };
};

const DISCARD_PORT = 9;

const pokeAddress = (address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(familyOf(address) === 'IPv6' ? 'udp6' : 'udp4');
    const end = (error: Error | null): void => {
      socket.close();
      if (error === null) resolve();
      else reject(error);
    };
    socket.once('error', end);
    socket.send('', DISCARD_PORT, address, (error) => {
      socket.removeAllListeners('error');
      end(error);
    });
  });
