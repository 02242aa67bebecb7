import { join } from 'node:path';
import type { RouteTable } from '../core/route-table.js';
import { type IssueCertificate, ownCertificate } from './own-certificates.js';

export interface CertificateFile {
  readonly file: string;
  /** None: for all other names. */
  readonly hosts: readonly string[];
  /** Of a Gateway's port; undefined: of the Ingresses. */
  readonly port?: number;
}

/** Certificates of a table, with their keys, as files. Those that the node makes itself are kept, and made where they are missing. */
export const collectCertificates = async (
  table: RouteTable,
  { directory, issue, now }: { readonly directory: string; readonly issue: IssueCertificate; readonly now: () => number },
): Promise<{ readonly secrets: ReadonlyMap<string, string>; readonly certificates: readonly CertificateFile[] }> => {
  const secrets = new Map<string, string>();
  const certificates: CertificateFile[] = [];
  const keep = (pem: string, hosts: readonly string[], port?: number): void => {
    const file = `certificate-${certificates.length}.pem`;
    certificates.push({ file, hosts, ...(port !== undefined && { port }) });
    secrets.set(file, pem);
  };
  const pemOf = ({ certificate, key }: { readonly certificate: string; readonly key: string }): string =>
    `${certificate.trimEnd()}\n${key.trimEnd()}\n`;
  if (table.listens.https) {
    const own = { directory: join(directory, 'certificates'), issue, now };
    // For names that no certificate is for; clients that check will not take it.
    keep(await ownCertificate(['ingress.local'], own), []);
    for (const { pem, hosts } of table.certificates) {
      if (pem === undefined && hosts.length === 0) continue;
      keep(pem === undefined ? await ownCertificate(hosts, own) : pemOf(pem), hosts);
    }
  }
  for (const { port, host, certificates: pairs = [] } of table.listeners)
    for (const pair of pairs) keep(pemOf(pair), host === '' ? [] : [host], port);
  return { secrets, certificates };
};
