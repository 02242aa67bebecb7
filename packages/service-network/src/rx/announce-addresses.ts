import { createSocket } from 'node:dgram';
import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { delay } from '@solo-kubelet/timers';
import { familyOf } from '../core/ip-address.js';
import { type AddressRecord, addressRecord } from './address-record.js';
import { type AddressNotes, type AskedAddress, askNetwork, shortened, version, whole } from './ask-network.js';
import { removeLeftRoutes } from './left-routes.js';
import { type RunProgram, runProgram } from './run-program.js';
import { type SeenInterface, seeInterface } from './see-interface.js';
import { findDuplicates, setBack, tellNeighbours, whileNotifying } from './tell-neighbours.js';

/** What came of addresses. Those in neither are free, or given. */
export interface AddressLook {
  /** Others have them, or the machine cannot take them. */
  readonly faults: AddressNotes;
  /** Nobody can be asked for them now, nor told: of no fault of theirs, so that another address would be no better. */
  readonly waiting: AddressNotes;
}

/** Gives the machine addresses of load balancers, and tells its neighbours. */
export interface AddressAnnouncer {
  /** Those that an earlier process gave and the machine still has. */
  held(o: { readonly signal: AbortSignal }): Promise<ReadonlySet<string>>;
  /** Which of these the machine cannot have. Takes a second where one is not the machine's yet: so long others have to answer. */
  probe(addresses: readonly string[], o: { readonly signal: AbortSignal }): Promise<AddressLook>;
  /** Takes away what it gave, but for these: what can be. @throws Error at the end for what can not */
  withdraw(keep: readonly string[], o: { readonly signal: AbortSignal }): Promise<void>;
  /** Gives what is not there, and tells of those that it could, and of those that it could not before. */
  announce(addresses: readonly string[], o: { readonly signal: AbortSignal }): Promise<AnnouncedAddresses>;
}

export interface AnnouncedAddresses extends AddressLook {
  /** All that the machine was given is there, and neighbours know. Else it is worth another look. */
  readonly isDone: boolean;
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

const AT_ONCE = 16;
const NOWHERE = 'is in no network of this machine; --service-load-balancer-interface names the interface that is to have it';

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

  let isSwept = false;
  /** Before the first look: a route that was left would pass for a network of the machine. */
  const sweep = async (signal: AbortSignal): Promise<void> => {
    if (isSwept) return;
    try {
      await setBack({ record, run });
      await removeLeftRoutes({ run, waitMs, signal });
      isSwept = true;
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ err: describeError(error) }, 'What an earlier kubelet may have left cannot be taken back; trying again');
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

  /** Each interface is looked at once. */
  const interfaces = (signal: AbortSignal) => {
    const seen = new Map<string, Promise<SeenInterface | undefined>>();
    return (on: string): Promise<SeenInterface | undefined> => {
      const known = seen.get(on) ?? seeInterface(on, { run, signal });
      seen.set(on, known);
      return known;
    };
  };

  const remove = async (address: string, on: string, signal: AbortSignal): Promise<void> => {
    const { code, stderr } = await run('ip', [version(address), 'addr', 'del', whole(address), 'dev', on], { signal });
    // Somebody took it away, or the interface is gone: what was wanted.
    if (code !== 0 && !/Cannot (assign|find)|not found/i.test(stderr)) throw new Error(`ip addr del ${address}: ${shortened(stderr)}`);
  };

  const forget = async (gone: readonly string[]): Promise<void> => {
    if (gone.length === 0) return;
    await record.save({ addresses: new Map([...(await record.load()).addresses].filter(([address]) => !gone.includes(address))) });
  };

  /** Where those are that were given, and where the others are to be put. */
  const placesOf = async (addresses: readonly string[], signal: AbortSignal) => {
    const { addresses: own } = await record.load();
    const see = interfaces(signal);
    const look = { faults: new Map<string, string>(), waiting: new Map<string, string>() };
    const here: Given[] = [];
    const fresh: Given[] = [];
    let isDone = true;
    for (const address of addresses) {
      const place = await placeOf(address, signal);
      const had = own.get(address);
      const on = place.isHere ? had : place.device;
      const seen = on === undefined ? undefined : await see(on);
      if (on !== undefined && had === on && (place.isHere || seen?.addresses.has(address))) here.push({ address, device: on });
      else if (place.isHere || seen?.addresses.has(address)) look.faults.set(address, 'is an address of this machine already');
      else if (seen !== undefined && seen.fault === undefined && on !== undefined) fresh.push({ address, device: on });
      else {
        const why =
          on === undefined
            ? 'is in no network of this machine any more'
            : seen === undefined
              ? `has no place: this machine has no interface ${on}`
              : `cannot be given: ${on} ${seen.fault}`;
        // One that was given stays where it is: its interface may be down for a moment.
        if (had === undefined) look.waiting.set(address, why);
        else isDone = false;
      }
    }
    return { ...look, here, fresh, see, isDone };
  };

  /** Adds addresses, noted before as not told of: a kubelet that is killed in between leaves nothing that nobody knows of. */
  const add = async (fresh: readonly Given[], faults: Map<string, string>, signal: AbortSignal): Promise<readonly Given[]> => {
    if (fresh.length === 0) return [];
    const { addresses: own, untold } = await record.load();
    const added: Given[] = [];
    const refused: string[] = [];
    const wanted: Given[] = [];
    for (const { address, device: on } of fresh) {
      const had = own.get(address);
      try {
        if (had !== undefined) await remove(address, had, signal);
        wanted.push({ address, device: on });
      } catch (error) {
        signal.throwIfAborted();
        faults.set(address, `cannot be taken from ${had}: ${describeError(error)}`);
      }
    }
    await record.save({
      addresses: new Map([...own, ...wanted.map(({ address, device: on }) => [address, on] as const)]),
      untold: new Set([...untold, ...wanted.map(({ address }) => address)]),
    });
    for (const { address, device: on } of wanted) {
      // Not for what the machine itself sends: of IPv6, deprecated addresses are not chosen.
      const args = [version(address), 'addr', 'add', whole(address), 'dev', on, ...(isIPv6(address) ? ['preferred_lft', '0'] : [])];
      const { code, stderr } = await run('ip', args, { signal });
      if (code !== 0) {
        faults.set(address, `cannot be added: ip ${args.join(' ')}: ${shortened(stderr)}`);
        refused.push(address);
        continue;
      }
      added.push({ address, device: on });
      logger.info({ address, interface: on }, 'The machine has an address of a load balancer');
    }
    await forget(refused);
    return added;
  };

  /** Adds IPv6 addresses of one interface, and waits for the kernel to announce them. Returns those that it did. */
  const addIPv6 = async (
    on: string,
    fresh: readonly Given[],
    faults: Map<string, string>,
    signal: AbortSignal,
  ): Promise<readonly string[]> => {
    const added = (await add(fresh, faults, signal)).map(({ address }) => address);
    const { duplicates, undecided } = await findDuplicates(on, added, { run, waitMs, signal });
    for (const address of duplicates) {
      await remove(address, on, signal);
      faults.set(address, `is answered by somebody else at ${on}`);
    }
    await forget(duplicates);
    return added.filter((address) => !duplicates.includes(address) && !undecided.includes(address));
  };

  return {
    held: async ({ signal }) => {
      const see = interfaces(signal);
      const held = new Set<string>();
      for (const [address, on] of (await record.load()).addresses) {
        if (device !== undefined && device !== on) continue;
        const seen = (await see(on))?.addresses.get(address);
        if (seen !== undefined && !seen.isDuplicate) held.add(address);
      }
      return held;
    },
    probe: async (addresses, { signal }) => {
      await sweep(signal);
      const { addresses: own } = await record.load();
      const faults = new Map<string, string>();
      const waiting = new Map<string, string>();
      const see = interfaces(signal);
      const byDevice = new Map<string, AskedAddress[]>();
      for (const address of addresses) {
        const { isHere, device: on, isOnLink } = await placeOf(address, signal);
        if (isHere && own.has(address)) continue;
        if (isHere) faults.set(address, 'is an address of this machine already');
        else if (on === undefined) waiting.set(address, own.has(address) ? 'is in no network of this machine now' : NOWHERE);
        else {
          const seen = await see(on);
          if (seen === undefined) waiting.set(address, `has no place: this machine has no interface ${on}`);
          else if (seen.addresses.has(address)) {
            if (own.get(address) !== on) faults.set(address, 'is an address of this machine already');
          } else if (seen.fault !== undefined) waiting.set(address, `cannot be asked for: ${on} ${seen.fault}`);
          else byDevice.set(on, [...(byDevice.get(on) ?? []), { address, isOnLink }]);
        }
      }
      for (const [on, wanted] of byDevice) {
        for (let i = 0; i < wanted.length; i += AT_ONCE) {
          const look = await askNetwork(on, wanted.slice(i, i + AT_ONCE), { run, poke, waitMs, signal });
          for (const [address, why] of look.faults) faults.set(address, why);
          for (const [address, why] of look.waiting) waiting.set(address, why);
        }
      }
      return { faults, waiting };
    },
    withdraw: async (keep, { signal }) => {
      await sweep(signal);
      const failures: unknown[] = [];
      for (const [address, on] of [...(await record.load()).addresses]) {
        if (keep.includes(address) && (device === undefined || device === on)) continue;
        try {
          await remove(address, on, signal);
        } catch (error) {
          signal.throwIfAborted();
          failures.push(error);
          continue;
        }
        await forget([address]);
        // A soft need: what the kernel remembers of connections to it goes by itself in the end.
        const family = isIPv6(address) ? ['-f', 'ipv6'] : [];
        await run('conntrack', ['-D', ...family, '--orig-dst', address], { signal }).catch(() => undefined);
        logger.info({ address, interface: on }, 'An address of a load balancer was taken away');
      }
      if (failures.length > 0) throw new Error(failures.map(describeError).join('; '));
    },
    announce: async (addresses, { signal }) => {
      const { faults, waiting, here, fresh, see, isDone } = await placesOf(addresses, signal);
      const { untold } = await record.load();
      const open: Given[] = [];
      // Of IPv6 only the kernel can tell, which does once it finds no duplicate of a new one: they are added anew, as none of them is in use yet.
      const again: Given[] = [];
      for (const one of here) {
        const seen = await see(one.device);
        const { isDuplicate = false } = seen?.addresses.get(one.address) ?? {};
        if (isDuplicate || (untold.has(one.address) && seen?.fault === undefined)) (isIPv6(one.address) ? again : open).push(one);
      }
      open.push(
        ...(await add(
          fresh.filter(({ address }) => !isIPv6(address)),
          faults,
          signal,
        )),
      );
      const told = new Set(open.length === 0 ? [] : await tellNeighbours(open, { run, poke, waitMs, logger, signal }));
      const six = [...again, ...fresh.filter(({ address }) => isIPv6(address))];
      for (const on of new Set(six.map((one) => one.device))) {
        const own = six.filter((one) => one.device === on);
        const work = () => addIPv6(on, own, faults, signal);
        for (const address of await whileNotifying(on, { record, run, logger, signal }, work)) told.add(address);
      }
      const left = [...(await record.load()).untold].filter((address) => !told.has(address));
      if (told.size > 0) await record.save({ untold: new Set(left) });
      return { faults, waiting, isDone: isDone && left.length === 0 };
    },
  };
};

interface Given {
  readonly address: string;
  readonly device: string;
}

interface Place {
  readonly isHere: boolean;
  /** Undefined: nowhere. */
  readonly device: string | undefined;
  /** The machine asks its neighbours for it without a route of its own. */
  readonly isOnLink: boolean;
}

const isIPv6 = (address: string): boolean => familyOf(address) === 'IPv6';

const readRoute = (text: string): { readonly type?: string; readonly dev?: string; readonly gateway?: string } | undefined => {
  try {
    const [route] = JSON.parse(text) as readonly { readonly type?: string; readonly dev?: string; readonly gateway?: string }[];
    return route;
  } catch {
    return undefined;
  }
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
