import { isPreciseHost } from '../host-name.js';

/** Certificates by ACME, as far as a table of routes is concerned. */
export interface AcmeState {
  /** Names of issuers in annotations that mean this one. */
  readonly issuers: readonly string[];
  /** What was issued, by `certificateKey`. */
  readonly issued: ReadonlyMap<string, { readonly certificate: string; readonly key: string }>;
  /** Why one is not there, or not renewed, by `certificateKey`. */
  readonly trouble: ReadonlyMap<string, string>;
  /** Answers that prove to the server whose the hosts are, by token. */
  readonly challenges: ReadonlyMap<string, string>;
}

/** Hosts of one certificate as one text. */
export const certificateKey = (hosts: readonly string[]): string => [...new Set(hosts)].sort().join(',');

/** As many names as Let's Encrypt puts into one certificate. */
const MOST_HOSTS = 100;
/** Of one node. */
const MOST_CERTIFICATES = 100;
const ISSUER_ANNOTATIONS = ['cert-manager.io/cluster-issuer', 'cert-manager.io/issuer'];
const ANY_ISSUER_ANNOTATION = 'kubernetes.io/tls-acme';

/** Whether annotations, in the words of cert-manager, ask for a certificate; a text says why they do in vain. */
export const asksForCertificate = (annotations: Readonly<Record<string, string>> = {}, acme: AcmeState | undefined): boolean | string => {
  const issuer = ISSUER_ANNOTATIONS.find((name) => Object.hasOwn(annotations, name));
  const asks = issuer !== undefined || annotations[ANY_ISSUER_ANNOTATION] === 'true';
  if (!asks) return false;
  if (acme === undefined) return 'none is asked for: this node has no ACME server';
  if (issuer === undefined || acme.issuers.includes(annotations[issuer] ?? '')) return true;
  return `none is asked for: annotation ${issuer} names ${JSON.stringify(annotations[issuer])}, this node has ${acme.issuers.join(', ')}`;
};

export interface AskedCertificate {
  readonly pem?: { readonly certificate: string; readonly key: string };
  /** What is wrong. */
  readonly problem?: string;
}

/** Collects what is to be asked for while a table is computed. */
export interface WantedCertificates {
  /** By `certificateKey`. */
  readonly keys: ReadonlySet<string>;
  /** Asks for one certificate for some hosts in lower case, and hands out what there is. */
  ask(hosts: readonly string[]): AskedCertificate;
}

export const createWantedCertificates = (acme: AcmeState | undefined): WantedCertificates => {
  const keys = new Set<string>();
  return {
    keys,
    ask: (hosts) => {
      const odd = hosts.find((host) => !isPreciseHost(host));
      const precise = hosts.filter((host) => isPreciseHost(host));
      const key = certificateKey(precise);
      if (acme === undefined || key === '') return { problem: odd === undefined ? 'there is no host' : noWildcard(odd) };
      if (precise.length > MOST_HOSTS) return { problem: `one certificate has at most ${MOST_HOSTS} hosts` };
      if (!keys.has(key) && keys.size >= MOST_CERTIFICATES) return { problem: `a node asks for at most ${MOST_CERTIFICATES} certificates` };
      keys.add(key);
      const pem = acme.issued.get(key);
      const problem = acme.trouble.get(key) ?? (odd === undefined ? undefined : noWildcard(odd));
      return { ...(pem !== undefined && { pem }), ...(problem !== undefined && { problem }) };
    },
  };
};

const noWildcard = (host: string): string => `no HTTP-01 challenge is for ${JSON.stringify(host)}`;
