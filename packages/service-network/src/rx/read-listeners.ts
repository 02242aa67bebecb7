import { readFile } from 'node:fs/promises';

const FILES = [
  ['tcp', 'TCP', '0A'],
  ['tcp6', 'TCP', '0A'],
  ['udp', 'UDP', '07'],
  ['udp6', 'UDP', '07'],
] as const;

/** `PROTOCOL/PORT` at which a process of the node listens for others than itself. */
export const readListeners = async (directory = '/proc/net'): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  for (const [file, protocol, listening] of FILES) {
    const text = await readFile(`${directory}/${file}`, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const [, address = '', port = '', state = ''] =
        /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2})/.exec(line) ?? [];
      if (state !== listening || isLoopback(address)) continue;
      found.add(`${protocol}/${Number.parseInt(port, 16)}`);
    }
  }
  return found;
};

/** Words of four bytes in the machine's order, little endian on everything that this runs on. */
const isLoopback = (address: string): boolean =>
  address.length === 8
    ? address.endsWith('7F')
    : address === '00000000000000000000000001000000' || (address.startsWith('0000000000000000FFFF0000') && address.endsWith('7F'));
