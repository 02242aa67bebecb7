/** Completes a reference as containerd does: `nginx` becomes `docker.io/library/nginx:latest`. Ids (`sha256:…`) stay. */
export const normalizeReference = (reference: string): string => {
  if (/^sha256:[0-9a-f]{64}$/.test(reference)) return reference;
  const slash = reference.indexOf('/');
  const domain = slash === -1 ? '' : reference.slice(0, slash);
  const named = /[.:]/.test(domain) || domain === 'localhost' ? reference : `docker.io/${slash === -1 ? 'library/' : ''}${reference}`;
  return named.includes('@') || named.lastIndexOf(':') > named.lastIndexOf('/') ? named : `${named}:latest`;
};

/** `name@sha256:…` for a digest reference; undefined for a tag. */
export const isDigestReference = (reference: string): boolean => reference.includes('@');
