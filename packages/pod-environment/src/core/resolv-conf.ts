/** The parts of a resolver file that pods get. */
export interface ResolvConf {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export const emptyResolvConf: ResolvConf = { servers: [], searches: [], options: [] };

/**
 * Reads resolv.conf as the kubelet does: `#` comments only, nameservers add up, the last `search` line counts, `domain` is ignored, options are
 * merged by name. Throws a plain Error for a `nameserver` line without an address. Upstream: parseResolvConf in pkg/kubelet/network/dns/dns.go.
 */
export const parseResolvConf = (text: string): ResolvConf => {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: readonly string[] = [];
  for (const rawLine of text.split('\n')) {
    const [keyword, ...values] = rawLine.trim().split(/\s+/);
    switch (keyword) {
      case 'nameserver':
        if (values[0] === undefined) throw new Error('a nameserver line has no address');
        servers.push(values[0]);
        break;
      case 'search':
        searches = values.filter((value) => value !== '.').map((value) => value.replace(/\.$/, ''));
        break;
      case 'options':
        options = mergeResolverOptions(options, values);
        break;
    }
  }
  return { servers, searches, options };
};

/** Options by name, later ones winning; in order of first appearance. */
export const mergeResolverOptions = (first: readonly string[], second: readonly string[]): readonly string[] => {
  const byName = new Map<string, string>();
  for (const option of [...first, ...second]) byName.set(option.split(':', 1)[0] ?? '', option);
  return [...byName.values()];
};
