import { createHash, X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { type FileLayer, nodeFiles, readState, removeDrafts, removeDurable, writeDurably } from '@solo-kubelet/state-files';
import type { CertificateState } from '../core/acme/certificate-plan.js';
import type { OrderAllowance } from '../core/acme/order-allowance.js';
import { certificateKey } from '../core/acme/wanted-certificates.js';
import { type CertificatePair, certificateFault } from '../proxy/own-certificates.js';

/** A certificate that was asked for, as its file keeps it. */
export interface CertificateRecord {
  readonly hosts: readonly string[];
  readonly pair?: CertificatePair;
  readonly failures: number;
  readonly retryAtMs?: number;
  /** Why the last order failed. */
  readonly trouble?: string;
}

export interface CertificateFiles {
  load(key: string): Promise<CertificateRecord | undefined>;
  /** @throws the error of the file system */
  save(record: CertificateRecord): Promise<void>;
  /** What is left of orders, as it was kept last. */
  loadAllowance(): Promise<OrderAllowance | undefined>;
  /** @throws the error of the file system */
  saveAllowance(allowance: OrderAllowance): Promise<void>;
  /** Deletes those that have run out, but for those that are wanted. */
  removeExpired(wanted: ReadonlySet<string>, nowMs: number): Promise<void>;
}

const MOST_BYTES = 1024 * 1024;
const ALLOWANCE = 'orders.json';
/** Other files of the directory, such as the account, are none of ours. */
const NAME = /^[0-9a-f]+\.json$/;

interface CertificateFilesOptions {
  readonly logger: Logger;
  readonly layer?: FileLayer | undefined;
}

/** One file for each, which only its owner reads: there is a key in it. */
export const certificateFiles = (directory: string, { logger, layer = nodeFiles }: CertificateFilesOptions): CertificateFiles => {
  const nameOf = (key: string): string => `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`;
  const read = (name: string): Promise<CertificateRecord | undefined> =>
    readState(join(directory, name), { decode: decodeRecord, logger, maxBytes: MOST_BYTES, files: layer });
  return {
    load: (key) => read(nameOf(key)),
    save: (record) => writeDurably(join(directory, nameOf(certificateKey(record.hosts))), JSON.stringify(record), { files: layer }),
    loadAllowance: () => readState(join(directory, ALLOWANCE), { decode: decodeAllowance, logger, maxBytes: MOST_BYTES, files: layer }),
    saveAllowance: (allowance) => writeDurably(join(directory, ALLOWANCE), JSON.stringify(allowance), { files: layer }),
    removeExpired: async (wanted, nowMs) => {
      const kept = new Set([...wanted].map(nameOf));
      const names = await readdir(directory).catch(() => []);
      await removeDrafts(directory, names, layer);
      for (const name of names.filter((each) => NAME.test(each) && !kept.has(each))) {
        const record = await read(name);
        const { certificate, retryAtMs = 0 } = record === undefined ? { certificate: undefined } : stateOf(record);
        if ((certificate?.notAfterMs ?? 0) < nowMs && retryAtMs < nowMs) await removeDurable(join(directory, name), layer).catch(() => {});
      }
    },
  };
};

/** @throws Error for a text of another shape */
const decodeRecord = (text: string): CertificateRecord => {
  const { hosts, pair, failures, retryAtMs, trouble } = parseBoundedJson(text) as Partial<CertificateRecord>;
  if (!Array.isArray(hosts) || hosts.some((host) => typeof host !== 'string')) throw new Error('it has no hosts');
  if (!Number.isSafeInteger(failures) || (failures ?? -1) < 0) throw new Error('its failures are no count');
  if (pair !== undefined) {
    const fault = certificateFault(String(pair.certificatePem), String(pair.keyPem));
    if (fault !== undefined) throw new Error(fault.replace('tls.crt', 'its certificate').replace('tls.key', 'its key'));
  }
  return {
    hosts,
    failures: failures ?? 0,
    ...(pair !== undefined && { pair }),
    ...(Number.isFinite(retryAtMs) && { retryAtMs: Number(retryAtMs) }),
    ...(typeof trouble === 'string' && { trouble }),
  };
};

/** @throws Error for a text of another shape */
const decodeAllowance = (text: string): OrderAllowance => {
  const { left, atMs } = parseBoundedJson(text) as Partial<OrderAllowance>;
  if (!Number.isFinite(left) || !Number.isFinite(atMs)) throw new Error('it has no count and no time');
  return { left: Number(left), atMs: Number(atMs) };
};

const JITTER_BITS = 32;

/** What decides on a certificate. */
export const stateOf = ({ pair, failures, retryAtMs }: CertificateRecord): CertificateState => ({
  failures,
  ...(retryAtMs !== undefined && { retryAtMs }),
  ...(pair !== undefined && { certificate: lifeOf(pair) }),
});

const lifeOf = ({ certificatePem }: CertificatePair): NonNullable<CertificateState['certificate']> => {
  const { validFrom, validTo } = new X509Certificate(certificatePem);
  return {
    notBeforeMs: Date.parse(validFrom),
    notAfterMs: Date.parse(validTo),
    jitter: createHash('sha256').update(certificatePem).digest().readUInt32BE() / 2 ** JITTER_BITS,
  };
};
