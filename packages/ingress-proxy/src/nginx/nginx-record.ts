import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '@solo-kubelet/state-files';

/** What an nginx was given last, for whoever drives it after a restart. */
export interface NginxRecord {
  readonly generation: number;
  readonly digest: string;
  readonly ports: readonly number[];
}

export const recordPath = (directory: string): string => join(directory, 'served-nginx.json');

export const saveRecord = (directory: string, { generation, digest, ports }: NginxRecord): Promise<void> =>
  writeDurably(recordPath(directory), JSON.stringify({ generation, digest, ports }));

/** Undefined where there is none, or none that can be read: everything is then told anew. */
export const loadRecord = async (directory: string): Promise<NginxRecord | undefined> => {
  try {
    const { generation, digest, ports } = JSON.parse(await readFile(recordPath(directory), 'utf8')) as NginxRecord;
    const isWhole = Number.isSafeInteger(generation) && typeof digest === 'string' && ports.every(Number.isInteger);
    return isWhole ? { generation, digest, ports } : undefined;
  } catch {
    return undefined;
  }
};
