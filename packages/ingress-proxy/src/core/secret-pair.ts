import type { Secret } from '@solo-kubelet/object-spec';

export interface SecretsInput {
  readonly secrets: readonly Secret[];
  /** Whether a certificate and a key belong together and can be used; a message if not. */
  readonly checkCertificate: (certificate: string, key: string) => string | undefined;
}

/** Certificate and key of a Secret, or what is wrong with it. */
export const secretPair = (
  namespace: string,
  name: string,
  { secrets, checkCertificate }: SecretsInput,
): { readonly certificate: string; readonly key: string } | string => {
  const secret = secrets.find(({ metadata }) => metadata.name === name && (metadata.namespace ?? 'default') === namespace);
  if (secret === undefined) return `secret "${namespace}/${name}" not found`;
  const certificate = textOf(secret, 'tls.crt');
  const key = textOf(secret, 'tls.key');
  if (certificate === undefined || key === undefined) return `secret "${namespace}/${name}" has no tls.crt and tls.key`;
  const fault = checkCertificate(certificate, key);
  return fault === undefined ? { certificate, key } : `secret "${namespace}/${name}": ${fault}`;
};

const textOf = ({ data, stringData }: Secret, key: string): string | undefined => {
  if (stringData !== undefined && Object.hasOwn(stringData, key)) return stringData[key];
  const encoded = data !== undefined && Object.hasOwn(data, key) ? data[key] : undefined;
  try {
    return encoded === undefined ? undefined : atob(encoded);
  } catch {
    return undefined;
  }
};
