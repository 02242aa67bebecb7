import { defineFailure } from '@solo-kubelet/diagnostics';

export type SecretErrorCode =
  /** No identity, or none that may be used. */
  | 'SECRET_IDENTITY'
  /** Encrypted for other identities, or by a passphrase. */
  | 'SECRET_FOREIGN'
  /** Not what age writes, or changed or cut off since. */
  | 'SECRET_DAMAGED'
  | 'SECRET_RECIPIENT'
  | 'SECRET_TOO_LARGE';

/** Why a manifest can't be decrypted or encrypted. No message holds a value or a key. */
export const SecretError = defineFailure<SecretErrorCode>('SecretError');
export type SecretError = InstanceType<typeof SecretError>;
