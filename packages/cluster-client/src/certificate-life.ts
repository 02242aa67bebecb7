import { X509Certificate } from 'node:crypto';

/** What a node's certificate is for, and the beginning of its file's name. */
export type CertificateKind = 'client' | 'server';

/** What a serving certificate is to be good for. */
export interface CertificateNames {
  readonly dnsNames: readonly string[];
  readonly ips: readonly string[];
}

export interface CertificateLife {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** When a certificate in PEM is good, ms by the machine's clock; of a chain the first. @throws when it is none */
export const certificateLife = (pem: string): CertificateLife => {
  const { validFrom, validTo } = new X509Certificate(pem);
  return { notBeforeMs: Date.parse(validFrom), notAfterMs: Date.parse(validTo) };
};

/** When it is to be replaced, ms by the machine's clock: at 70 to 90 % of its life. `random` from 0 to 1. */
export const rotationDueMs = ({ notBeforeMs, notAfterMs }: CertificateLife, random: number): number =>
  notBeforeMs + (notAfterMs - notBeforeMs) * (0.7 + 0.2 * random);

/** Whether a certificate is one of the node, and good for these names; that it may be good for more does no harm. */
export const isForNode = (pem: string, nodeName: string, { dnsNames, ips }: CertificateNames): boolean => {
  const certificate = new X509Certificate(pem);
  const subject = certificate.subject.split('\n');
  return (
    subject.includes(`CN=system:node:${nodeName}`) &&
    subject.includes('O=system:nodes') &&
    dnsNames.every((name) => certificate.checkHost(name, { subject: 'never', wildcards: false }) !== undefined) &&
    ips.every((ip) => certificate.checkIP(ip) !== undefined)
  );
};
