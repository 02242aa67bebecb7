import { readFile } from 'node:fs/promises';

export interface DeviceTraffic {
  readonly name: string;
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

/** /proc/net/dev: eight measurements received, eight sent, a line an interface; the loopback is left out. */
export const parseNetworkDevices = (text: string): readonly DeviceTraffic[] =>
  [...text.matchAll(/^\s*([^\s:]+):\s*(\d.*)$/gm)].flatMap(([, name = '', rest = '']) => {
    if (name === 'lo') return [];
    const [rxBytes = 0, rxPackets = 0, rxErrors = 0, rxDropped = 0, , , , , txBytes = 0, txPackets = 0, txErrors = 0, txDropped = 0] = rest
      .trim()
      .split(/\s+/)
      .map(Number);
    return [{ name, rxBytes, rxPackets, rxErrors, rxDropped, txBytes, txPackets, txErrors, txDropped }];
  });

/** The interfaces that a process sees. None when it is gone. */
export const networkOfProcess = async (pid: number, procDirectory = '/proc'): Promise<readonly DeviceTraffic[]> =>
  parseNetworkDevices(await readFile(`${procDirectory}/${pid}/net/dev`, 'utf8').catch(() => ''));
