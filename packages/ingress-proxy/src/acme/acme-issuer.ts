import { createHash, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { readState, writeDurably } from '@solo-kubelet/state-files';
import type { SchedulerLike } from 'rxjs';
import { type CertificatePair, certificateFault } from '../proxy/own-certificates.js';
import { AcmeFailure } from './acme-failure.js';
import { type AcmeAccount, type AcmeSession, newAccountKey, openSession } from './acme-session.js';
import { type OrderOptions, orderCertificate } from './order-certificate.js';

/** Gets one certificate for hosts. @throws AcmeFailure; also the reason of the signal */
export type CertificateIssuer = (hosts: readonly string[], options: Omit<OrderOptions, 'hosts'>) => Promise<CertificatePair>;

export interface AcmeIssuerOptions {
  /** Of the ACME server, https. To give it is to agree to the server's terms of service. */
  readonly directoryUrl: string;
  /** Where the account is kept. */
  readonly directory: string;
  /** Where the server may write to before a certificate runs out. */
  readonly email?: string | undefined;
  /** Certificates in PEM form that vouch for the server, asked for at each order. Default: those that Node.js knows. */
  readonly readCa?: (signal: AbortSignal) => Promise<string>;
  readonly scheduler: SchedulerLike;
  readonly logger?: Logger;
}

/** One directory for each server: a test server's account and certificates are not those of the real one. */
export const directoryOf = (directory: string, directoryUrl: string): string =>
  join(directory, createHash('sha256').update(directoryUrl).digest('hex').slice(0, 16));

/** Gets certificates of an ACME server (RFC 8555) by HTTP-01; its account is made with the first, and kept. */
export const acmeIssuer = ({ directoryUrl, directory, email, readCa, logger = silentLogger }: AcmeIssuerOptions): CertificateIssuer => {
  const path = join(directoryOf(directory, directoryUrl), 'account.json');

  const open = async (account: AcmeAccount, signal: AbortSignal): Promise<AcmeSession> => {
    const session = await openSession({ directoryUrl, account, ca: await readCa?.(signal), signal });
    const url = await session.register(email);
    if (url !== account.url) await writeDurably(path, JSON.stringify({ ...account, url }));
    return session;
  };

  const order = async (hosts: readonly string[], options: Omit<OrderOptions, 'hosts'>): Promise<CertificatePair> => {
    const kept = await readState(path, { decode: decodeAccount, logger, requireReadable: true });
    const account = kept ?? { key: await newAccountKey() };
    // Before the server knows it: a key that is lost is an account that nobody has.
    if (kept === undefined) await writeDurably(path, JSON.stringify(account));
    return orderCertificate(await open(account, options.signal), { ...options, hosts });
  };

  return async (hosts, options) => {
    const pair = await order(hosts, options).catch(async (error: unknown) => {
      if (!(error instanceof AcmeFailure) || error.acmeType !== 'accountDoesNotExist') throw error;
      // The server has begun anew.
      await writeDurably(path, JSON.stringify({ key: await newAccountKey() }));
      return order(hosts, options);
    });
    const fault = certificateFault(pair.certificatePem, pair.keyPem) ?? missingHost(pair, hosts);
    if (fault !== undefined) throw new AcmeFailure('refused', `what the server issued can't be used: ${fault}`);
    return pair;
  };
};

const missingHost = ({ certificatePem }: CertificatePair, hosts: readonly string[]): string | undefined => {
  const certificate = new X509Certificate(certificatePem);
  const lacking = hosts.find((host) => certificate.checkHost(host) === undefined);
  return lacking === undefined ? undefined : `it is not for ${lacking}`;
};

/** @throws Error for a text of another shape */
const decodeAccount = (text: string): AcmeAccount => {
  const { key, url } = parseBoundedJson(text) as Partial<AcmeAccount>;
  if (key?.kty !== 'EC' || key.crv !== 'P-256' || typeof key.d !== 'string') throw new Error('it has no P-256 key');
  return { key, ...(typeof url === 'string' && { url }) };
};
