import { askedAddresses, isOwnLoadBalancer } from '../core/allocate-load-balancers.js';
import { serviceKey } from '../core/allocate-services.js';
import type { ServiceNetwork } from '../core/service-network.js';
import type { AddressAnnouncer, AddressLook } from './announce-addresses.js';
import type { AddressNotes } from './ask-network.js';

type Sight = Omit<Look, 'signal'>;

interface Look {
  /** What is there is looked at once more, and so is what could not be had. */
  readonly verify: boolean;
  /** So is what waits. */
  readonly isDue: boolean;
  readonly signal: AbortSignal;
}

/** So many are asked for in one pass, which takes a second. */
const MOST_ASKED = 16;

/** Remembers which addresses of load balancers the machine has, and which it cannot have. */
export const followAddresses = (announcer: AddressAnnouncer) => {
  /** Those that were asked for longest ago come first. */
  const known = { faults: new Map<string, string>(), waiting: new Map<string, string>() };
  let shown: { readonly faults: AddressNotes; readonly waiting: AddressNotes; readonly ready: ReadonlySet<string> } = {
    faults: new Map(),
    waiting: new Map(),
    ready: new Set(),
  };
  let given: ReadonlySet<string> = new Set();
  /** What is still to be asked for once more. */
  const round = new Set<string>();
  let withdrawn: string | undefined;
  let isFirst = true;
  let isBegun = false;
  let isDone = true;
  /** The same maps while nothing of them changed. Returns whether something did. */
  const show = (ready: ReadonlySet<string>): boolean => {
    const next = {
      faults: isSameNotes(shown.faults, known.faults) ? shown.faults : new Map(known.faults),
      waiting: isSameNotes(shown.waiting, known.waiting) ? shown.waiting : new Map(known.waiting),
      ready: ready.size === shown.ready.size && [...ready].every((one) => shown.ready.has(one)) ? shown.ready : ready,
    };
    const isSame = next.faults === shown.faults && next.waiting === shown.waiting && next.ready === shown.ready;
    shown = next;
    return !isSame;
  };
  /** `asked`: what is known of these is of now, and of nothing else. */
  const note = (asked: readonly string[], look: { readonly faults: AddressNotes; readonly waiting: AddressNotes }): void => {
    for (const kind of ['faults', 'waiting'] as const) {
      for (const address of asked) known[kind].delete(address);
      for (const [address, why] of look[kind]) known[kind].set(address, why);
    }
  };
  return {
    /** Conflicts, what waits and what is ready, for whoever computes. */
    facts: (): { readonly conflicts: AddressNotes; readonly waiting: AddressNotes; readonly ready: ReadonlySet<string> } => ({
      conflicts: shown.faults,
      waiting: shown.waiting,
      ready: shown.ready,
    }),
    /** Before anything else: what the machine has of an earlier process works on. Returns whether facts changed. */
    begin: async ({ signal }: Pick<Look, 'signal'>): Promise<boolean> => {
      if (isBegun) return false;
      given = await announcer.held({ signal });
      isBegun = true;
      return show(given);
    },
    /** Whether some could not be looked at for now: another look is worth it after a while. */
    waits: (): boolean => known.waiting.size > 0 || !isDone,
    /** Those that are to be asked for now: what the machine does not have yet. `isChanged`: facts are others. */
    wanted: (network: ServiceNetwork, { verify, isDue }: Sight): { readonly asked: readonly string[]; readonly isChanged: boolean } => {
      const all = new Set(addressesOf(network));
      for (const address of known.waiting.keys()) if (!all.has(address)) known.waiting.delete(address);
      if (verify) for (const address of forgetFaults(network, known.faults)) round.add(address);
      if (verify || isDue) for (const address of known.waiting.keys()) round.add(address);
      const fresh = [...all].filter((address) => !known.waiting.has(address));
      const candidates = [...new Set([...fresh, ...round])].filter((address) => !given.has(address));
      const asked = candidates.slice(0, MOST_ASKED);
      for (const address of asked) round.delete(address);
      for (const address of given) round.delete(address);
      // Who looked at them before may be wrong by now: a look that fails frees none.
      return { asked, isChanged: show(given) };
    },
    ask: (asked: readonly string[], { signal }: Pick<Look, 'signal'>): Promise<AddressLook> => announcer.probe(asked, { signal }),
    /** Takes in what was found of those that were asked for; whose Service has gone meanwhile are not given. Returns whether facts changed. */
    found: (network: ServiceNetwork, asked: readonly string[], found: AddressLook): boolean => {
      const all = new Set(addressesOf(network));
      note(asked, found);
      const free = asked.filter((address) => all.has(address) && !found.faults.has(address) && !found.waiting.has(address));
      return show(new Set([...given, ...free]));
    },
    /** Before rules go, so that nothing of the machine answers in a Service's place. */
    withdraw: async (network: ServiceNetwork, { signal }: Pick<Look, 'signal'>): Promise<void> => {
      const keep = addressesOf(network);
      const text = keep.join();
      if (text === withdrawn) return;
      given = new Set([...given].filter((address) => keep.includes(address)));
      await announcer.withdraw(keep, { signal });
      withdrawn = text;
    },
    /** Once rules are there; what was not looked at waits. Returns whether facts changed. */
    announce: async (network: ServiceNetwork, { verify, isDue, signal }: Look): Promise<boolean> => {
      const all = addressesOf(network).filter((address) => shown.ready.has(address));
      const wanted = verify || isFirst || (isDue && !isDone) ? all : all.filter((address) => !given.has(address));
      if (wanted.length > 0) {
        const found = await announcer.announce(wanted, { signal }).catch((error: unknown) => {
          // What was free now may not be when it is tried again.
          show(given);
          throw error;
        });
        note(wanted, found);
        isDone = found.isDone && (isDone || wanted === all);
        given = new Set(all.filter((address) => !found.faults.has(address) && !found.waiting.has(address)));
      } else given = new Set(all);
      isFirst = false;
      return show(given);
    },
  };
};

/** Drops faults that nobody minds, and names some of the others, which are asked for once more. */
const forgetFaults = ({ allocated }: ServiceNetwork, faults: Map<string, string>): readonly string[] => {
  const lacking = allocated.services.filter((service) => {
    const ips = isOwnLoadBalancer(service) ? allocated.loadBalancerIPs.get(serviceKey(service)) : undefined;
    return ips !== undefined && ips.length < (askedAddresses(service).length || (service.spec.ipFamilies ?? ['IPv4']).length);
  });
  const wished = new Set(lacking.flatMap(askedAddresses));
  const isAnyWanted = lacking.some((service) => askedAddresses(service).length === 0);
  for (const address of faults.keys()) if (!isAnyWanted && !wished.has(address)) faults.delete(address);
  return [...faults.keys()].slice(0, MOST_ASKED);
};

const isSameNotes = (a: AddressNotes, b: AddressNotes): boolean =>
  a.size === b.size && [...b].every(([address, why]) => a.get(address) === why);

const addressesOf = ({ allocated }: ServiceNetwork): readonly string[] => [...allocated.loadBalancerIPs.values()].flat();
