import type { PrepareManifest } from '@solo-kubelet/manifest-source';
import { isEncryptedManifest, isSopsManifest } from '@solo-kubelet/object-spec';
import { decryptManifest } from './age-file.js';
import { readIdentities } from './age-identity.js';
import { SecretError } from './secret-error.js';

/**
 * Decrypts manifests that are encrypted for the node; all others stay as they are. The identities are read each time, so that a file that is put in
 * place or changed needs no restart.
 */
export const decryptManifests =
  (identityFile: string): PrepareManifest =>
  async (content) => {
    if (!isEncryptedManifest(content)) return content;
    const identities = await readIdentities(identityFile).catch((error: unknown) => {
      if (!(error instanceof SecretError)) throw error;
      throw new SecretError({ code: error.code, message: `it is encrypted, and ${error.message}` });
    });
    if (!isSopsManifest(content)) return decryptManifest(content, identities);
    const { decryptSopsManifest } = await import('./sops-file.js');
    return decryptSopsManifest(content, identities);
  };
