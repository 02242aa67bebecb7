import type { ServiceNetwork } from '../core/service-network.js';
import type { AddressAnnouncer, AddressFaults } from './announce-addresses.js';

interface Look {
  /** What is there is looked at once more, and so is what could not be had. */
  readonly verify: boolean;
  readonly signal: AbortSignal;
}

/** Remembers which addresses of load balancers the machine has, and which it cannot have. */
export const followAddresses = (announcer: AddressAnnouncer) => {
  let faults: AddressFaults = new Map();
  let given: ReadonlySet<string> = new Set();
  /** What nobody was found to have when it was looked at last, and what the machine has. */
  let free: ReadonlySet<string> = new Set();
  let withdrawn: string | undefined;
  let isFirst = true;
  const put = (next: AddressFaults): boolean => {
    if (next.size === faults.size && [...next].every(([address, why]) => faults.get(address) === why)) return false;
    faults = next;
    return true;
  };
  return {
    /** The same map while nothing of it changed. */
    faults: (): AddressFaults => faults,
    /** Looks at addresses that the machine does not have yet. Returns whether faults changed. */
    probe: async (network: ServiceNetwork, { verify, signal }: Look): Promise<boolean> => {
      const again = verify ? [...faults.keys()] : [];
      const fresh = [...new Set([...addressesOf(network), ...again])].filter((address) => !given.has(address));
      // Who looked at them before may be wrong by now: a look that fails frees none.
      free = given;
      const found = fresh.length === 0 ? new Map<string, string>() : await announcer.probe(fresh, { signal });
      free = new Set([...given, ...fresh.filter((address) => !found.has(address))]);
      return put(new Map([...[...faults].filter(([address]) => !again.includes(address)), ...found]));
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
    /** Once rules are there; what was not looked at waits. Returns whether faults changed. */
    announce: async (network: ServiceNetwork, { verify, signal }: Look): Promise<boolean> => {
      const all = addressesOf(network).filter((address) => free.has(address));
      const wanted = verify || isFirst ? all : all.filter((address) => !given.has(address));
      const found = wanted.length === 0 ? new Map<string, string>() : await announcer.announce(wanted, { signal });
      isFirst = false;
      given = new Set(all.filter((address) => !found.has(address)));
      return found.size > 0 && put(new Map([...faults, ...found]));
    },
  };
};

const addressesOf = ({ allocated }: ServiceNetwork): readonly string[] => [...allocated.loadBalancerIPs.values()].flat();
