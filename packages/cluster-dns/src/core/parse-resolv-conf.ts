import { parseAddress } from './reverse-name.js';

/** A server that questions are handed on to. */
export interface Upstream {
  readonly address: string;
  /** Default 53. */
  readonly port: number;
}

/** As many servers as are asked; glibc itself takes three. */
const MAX_SERVERS = 8;
const DNS_PORT = 53;

/** The servers of a resolv.conf, in its order, each once. Lines that name no address are left out, as resolvers leave them out. */
export const parseResolvConf = (text: string): readonly Upstream[] => {
  const servers = new Set<string>();
  for (const line of text.split('\n')) {
    const [keyword, address] = line.trim().split(/\s+/);
    if (keyword !== 'nameserver' || address === undefined) continue;
    const [bare = ''] = address.split('%');
    if (parseAddress(bare) !== undefined) servers.add(address);
  }
  return [...servers].slice(0, MAX_SERVERS).map((address) => ({ address, port: DNS_PORT }));
};

/** A server in the form `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`; undefined for anything else. */
export const parseUpstream = (text: string): Upstream | undefined => {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text);
  const plain = /^([\d.]+)(?::(\d{1,5}))?$/.exec(text);
  const [, address, port] = bracketed ?? plain ?? [undefined, text, undefined];
  const number = port === undefined ? DNS_PORT : Number(port);
  const [bare = ''] = (address ?? '').split('%');
  return address === undefined || parseAddress(bare) === undefined || number < 1 || number > 65_535 ? undefined : { address, port: number };
};
