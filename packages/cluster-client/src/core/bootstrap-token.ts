import { ClusterError } from '../cluster-error.js';

/** A token by which a node joins: `ID.SECRET`. The first part is no secret. */
export interface BootstrapToken {
  readonly id: string;
  readonly secret: string;
}

/** @throws ClusterError CLUSTER_CREDENTIALS that does not repeat the text */
export const parseBootstrapToken = (text: string): BootstrapToken => {
  const [, id, secret] = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(text) ?? [];
  if (id !== undefined && secret !== undefined) return { id, secret };
  throw new ClusterError({
    code: 'CLUSTER_CREDENTIALS',
    message: 'this is no bootstrap token: want 6 lower-case letters and digits, a dot, and 16 more',
    hint: 'On a machine of the control plane, kubeadm token create makes one and can print how to join with it.',
  });
};

/**
 * The SHA-256 of a public key, in lower-case hexadecimal digits, out of kubeadm's `sha256:HEX`.
 * @throws ClusterError CLUSTER_CREDENTIALS
 */
export const parseCaCertHash = (text: string): string => {
  const [, digits] = /^sha256:([0-9a-f]{64})$/i.exec(text) ?? [];
  if (digits !== undefined) return digits.toLowerCase();
  throw new ClusterError({
    code: 'CLUSTER_CREDENTIALS',
    message: `${JSON.stringify(text.slice(0, 100))} is no hash of a certificate's key: want sha256: and 64 hexadecimal digits`,
    hint: 'On a machine of the control plane, kubeadm token create makes one and can print how to join with it.',
  });
};
