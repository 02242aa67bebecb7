const HOST = /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const MAX_HOST_LENGTH = 253;

/** Whether a text in lower case is the name of a host, perhaps with `*` as its first label, and so may stand in a configuration. */
export const isHost = (host: string): boolean => host.length <= MAX_HOST_LENGTH && HOST.test(host);

/** The same without a `*`. */
export const isPreciseHost = (host: string): boolean => isHost(host) && !host.startsWith('*');

/** An exact host is tried before a wildcard, and any host, which is ``, last. */
export const hostRank = (host: string): number => (host === '' ? 2 : host.startsWith('*.') ? 1 : 0);

/** Whether the host of a URL is an address. */
export const isIpAddress = (hostname: string): boolean => hostname.startsWith('[') || /^[0-9.]+$/.test(hostname);
