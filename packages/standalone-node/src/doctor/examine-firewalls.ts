import { type FirewallFacts, readFilterChains } from './firewall-checks.js';

/** What a program prints; undefined where it is missing or fails. */
export type PrintedBy = (program: string, ...args: readonly string[]) => Promise<string | undefined>;

/** Looks at the rules of others; changes nothing. */
export const examineFirewalls = async (printedBy: PrintedBy): Promise<FirewallFacts> => {
  const [chains, legacy] = await Promise.all([
    printedBy('nft', '-j', 'list', 'chains'),
    // Where its module is not loaded there are no such tables, and asking would load it.
    printedBy('cat', '/proc/net/ip_tables_names').then((names) =>
      names?.split('\n').includes('filter') ? printedBy('iptables-legacy', '-S', 'FORWARD') : undefined,
    ),
  ]);
  return {
    chains: readFilterChains(chains ?? ''),
    legacyForward: legacy
      ?.split('\n')
      .find((line) => line.startsWith('-P FORWARD '))
      ?.slice('-P FORWARD '.length)
      .trim(),
  };
};
