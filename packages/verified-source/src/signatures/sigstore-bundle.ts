import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { Bundle } from '@sigstore/bundle';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { isSignedBy } from './ed25519.js';

// Format: https://docs.sigstore.dev/about/bundle/, as `cosign sign-blob --key … --bundle …` writes it.

export interface SigstoreKey {
  readonly type: 'sigstore';
  /** SHA-256 of the key's SubjectPublicKeyInfo, as `SHA256:…` in base64. */
  readonly id: string;
  readonly key: KeyObject;
}

export interface SigstoreBundle {
  readonly bundle: Bundle;
  /** What the bundle calls the key. Nobody has signed it. */
  readonly hint: string;
}

const CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1']);

/** A public key in PEM: ECDSA on P-256 or P-384, or ed25519; undefined where it is none of these. */
export const parseSigstoreKey = (pem: string): SigstoreKey | undefined => {
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    return undefined;
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type !== 'ed25519' && !(type === 'ec' && CURVES.has(details?.namedCurve ?? ''))) return undefined;
  return { type: 'sigstore', id: fingerprint(key), key };
};

const fingerprint = (key: KeyObject): string => {
  const digest = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64');
  return `SHA256:${digest.slice(0, 43)}`;
};

/** A bundle whose key is one that the verifier has to know. @throws (rejects) Error that says what is wrong with it */
export const parseSigstoreBundle = async (text: string): Promise<SigstoreBundle> => {
  let json: unknown;
  try {
    json = parseBoundedJson(text);
  } catch {
    throw new Error('it is no JSON, or nests deeper than 200 levels, so no Sigstore bundle');
  }
  if (typeof json === 'object' && json !== null && 'base64Signature' in json)
    throw new Error('it is a bundle in the old format of cosign: sign with --new-bundle-format');
  const { bundleFromJSON } = await import('@sigstore/bundle');
  const bundle = bundleFromJSON(json);
  if (bundle.content.$case !== 'messageSignature')
    throw new Error('it vouches for a statement about the file (DSSE), not for the file: sign with cosign sign-blob');
  const { content } = bundle.verificationMaterial;
  if (content.$case !== 'publicKey')
    throw new Error('it is signed by a certificate, which only a network could vouch for: sign with --key');
  return { bundle, hint: content.publicKey.hint };
};

/**
 * The first of the keys by which the content is signed. Entries of a transparency log and times of an authority in the bundle are passed over: the key
 * alone vouches, so that nothing has to be asked.
 */
export const findSigstoreSigner = async (
  content: Uint8Array,
  { bundle }: SigstoreBundle,
  keys: readonly SigstoreKey[],
): Promise<SigstoreKey | undefined> => {
  const { toSignedEntity, Verifier } = await import('@sigstore/verify');
  const { signature, key: named } = toSignedEntity(
    { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, tlogEntries: [], timestampVerificationData: undefined } },
    Buffer.from(content),
  );
  for (const candidate of keys) {
    const { key } = candidate;
    // The library hashes before it verifies, which ed25519 as such does not have.
    const isEdwards = key.asymmetricKeyType === 'ed25519';
    const isSigned = isEdwards && (await isSignedByEd25519(key, content, signature.signature));
    const judged = isEdwards ? { ...signature, signature: signature.signature, verifySignature: () => isSigned } : signature;
    const verifier = new Verifier(
      {
        certificateAuthorities: [],
        timestampAuthorities: [],
        tlogs: [],
        ctlogs: [],
        publicKey: () => ({ publicKey: key, validFor: () => true }),
      },
      { tlogThreshold: 0, timestampThreshold: 0 },
    );
    try {
      verifier.verify({ signature: judged, key: named, tlogEntries: [], timestamps: [] });
      return candidate;
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'SIGNATURE_ERROR') throw error;
    }
  }
  return undefined;
};

/** Cosign signs with Ed25519ph (the hash of the content), older releases of it and other tools with ed25519 as such. */
const isSignedByEd25519 = async (key: KeyObject, content: Uint8Array, signature: Uint8Array): Promise<boolean> => {
  if (isSignedBy(key, content, signature)) return true;
  const raw = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
  const { ed25519ph } = await import('@noble/curves/ed25519.js');
  try {
    // Strict, as Node and Go are, about which of several spellings of a point counts.
    return ed25519ph.verify(signature, content, raw, { zip215: false });
  } catch {
    return false;
  }
};
