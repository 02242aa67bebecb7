import { createHash } from 'node:crypto';
import { describeError } from '@solo-kubelet/diagnostics';
import { parseArtifact } from '../core/artifact.js';
import type { PinnedHash, SourceDefinition } from '../core/source-definition.js';
import type { SourceReason } from '../core/source-status.js';
import { parseTufProof, readTufProof, verifyTufTarget } from '../tuf/tuf-proof.js';
import { parseMinisignSignature, signedAtSeconds, verifyMinisign } from './minisign.js';
import { findSigstoreSigner, parseSigstoreBundle } from './sigstore-bundle.js';
import { parseSshSignature, verifySsh } from './ssh-signature.js';
import type { VerificationKey } from './verification-keys.js';

/** A detached signature, as its file has it. */
export interface DetachedSignature {
  /** `artifact`: the manifest of an artifact, which vouches for its content where its own digest is pinned. */
  readonly type: VerificationKey['type'] | 'artifact';
  readonly text: string;
}

export type Verification =
  | { readonly ok: true; readonly verifiedBy: string; readonly impliedRevision?: number }
  | { readonly ok: false; readonly reason: SourceReason; readonly message: string };

/** Whether an answer is what its source requires. Says nothing about its age. Never rejects. */
export const verifyAnswer = async (
  source: Pick<SourceDefinition, 'require' | 'hash' | 'sshNamespace'>,
  content: Uint8Array,
  signature: DetachedSignature | undefined,
  keys: readonly VerificationKey[],
): Promise<Verification> => {
  if (source.require === 'none') return { ok: true, verifiedBy: 'nothing' };
  if (source.require === 'hash') return verifyHash(source.hash, content, signature);
  if (signature === undefined || signature.type === 'artifact') return refused('SignatureMissing', 'there is no signature');
  try {
    return await bySignature(content, { type: signature.type, text: signature.text }, keys, source.sshNamespace);
  } catch (error) {
    return refused('SignatureInvalid', `the signature cannot be read: ${describeError(error)}`);
  }
};

type KeySignature = DetachedSignature & { readonly type: VerificationKey['type'] };

const bySignature = async (
  content: Uint8Array,
  { type, text }: KeySignature,
  keys: readonly VerificationKey[],
  sshNamespace: string,
): Promise<Verification> => {
  switch (type) {
    case 'minisign':
      return byMinisign(content, text, keys);
    case 'ssh':
      return bySsh(content, text, keys, sshNamespace);
    case 'sigstore':
      return bySigstore(content, text, keys);
    case 'tuf':
      return byTuf(content, text, keys);
  }
};

const refused = (reason: SourceReason, message: string): Verification => ({ ok: false, reason, message });

const verifyHash = (hash: SourceDefinition['hash'], content: Uint8Array, signature: DetachedSignature | undefined): Verification => {
  if (hash === undefined) return refused('HashMismatch', 'there is no hash to compare with');
  if (hash.of === 'artifact') return verifyArtifact(hash, content, signature);
  const found = createHash(hash.algorithm).update(content).digest('hex');
  if (found !== hash.hex) return refused('HashMismatch', `its ${hash.algorithm} is ${found}, not ${hash.hex}`);
  return { ok: true, verifiedBy: hash.algorithm };
};

/** The manifest has the digest that is pinned, and names that of the content. */
const verifyArtifact = ({ algorithm, hex }: PinnedHash, content: Uint8Array, manifest: DetachedSignature | undefined): Verification => {
  if (manifest?.type !== 'artifact') return refused('HashMismatch', 'there is no manifest of an artifact that names its digest');
  const found = createHash(algorithm).update(manifest.text).digest('hex');
  if (found !== hex) return refused('HashMismatch', `the ${algorithm} of its manifest is ${found}, not ${hex}`);
  const parsed = parseArtifact(manifest.text);
  if (!parsed.ok) return refused('ArtifactInvalid', parsed.message);
  const { digest } = parsed.artifact.content;
  const is = createHash(digest.startsWith('sha512:') ? 'sha512' : 'sha256')
    .update(content)
    .digest('hex');
  if (!digest.endsWith(`:${is}`)) return refused('HashMismatch', `its content has the digest ${is}; its manifest names ${digest}`);
  return { ok: true, verifiedBy: `${algorithm} of its artifact` };
};

const byMinisign = (content: Uint8Array, text: string, keys: readonly VerificationKey[]): Verification => {
  const signature = parseMinisignSignature(text);
  const key = keys.find((one) => one.type === 'minisign' && one.id === signature.keyId);
  if (key?.type !== 'minisign') return unknownKey(`minisign ${signature.keyId}`, keys);
  if (!verifyMinisign(content, signature, key))
    return refused('SignatureInvalid', `content and signature do not belong together (minisign ${key.id})`);
  const seconds = signedAtSeconds(signature.trustedComment);
  return { ok: true, verifiedBy: `minisign ${key.id}`, ...(seconds !== undefined && { impliedRevision: seconds }) };
};

const bySsh = (content: Uint8Array, text: string, keys: readonly VerificationKey[], namespace: string): Verification => {
  const signature = parseSshSignature(text);
  const key = keys.find((one) => one.type === 'ssh' && one.id === signature.keyId);
  if (key?.type !== 'ssh') return unknownKey(`ssh-ed25519 ${signature.keyId}`, keys);
  if (signature.namespace !== namespace) {
    const [is, want] = [JSON.stringify(signature.namespace), JSON.stringify(namespace)];
    return refused('SignatureInvalid', `it was signed for ${is}, not for ${want} (ssh-keygen -Y sign -n ${namespace})`);
  }
  if (!verifySsh(content, signature, key))
    return refused('SignatureInvalid', `content and signature do not belong together (ssh-ed25519 ${key.id})`);
  return { ok: true, verifiedBy: `ssh-ed25519 ${key.id}` };
};

const bySigstore = async (content: Uint8Array, text: string, keys: readonly VerificationKey[]): Promise<Verification> => {
  const bundle = await parseSigstoreBundle(text);
  const own = keys.filter((one) => one.type === 'sigstore');
  const signer = await findSigstoreSigner(content, bundle, own);
  if (signer !== undefined) return { ok: true, verifiedBy: `sigstore ${signer.id}` };
  // Tools name keys in several ways: what is not the digest of a known key may still be meant for one.
  const named = own.find(({ id }) => `${id.slice('SHA256:'.length)}=` === bundle.hint);
  if (named === undefined) return unknownKey(`a key that its bundle calls ${JSON.stringify(bundle.hint.slice(0, MAX_HINT))}`, keys);
  return refused('SignatureInvalid', `content and bundle do not belong together (sigstore ${named.id})`);
};

const byTuf = async (content: Uint8Array, text: string, keys: readonly VerificationKey[]): Promise<Verification> => {
  const key = keys.find((one) => one.type === 'tuf');
  if (key?.type !== 'tuf') return unknownKey('a TUF repository', keys);
  const { target, rootVersion, role, version, revision } = await readTufProof(key.root, parseTufProof(text), key.target);
  try {
    await verifyTufTarget(target, content);
  } catch (error) {
    return refused('HashMismatch', `${key.target} is not what ${role} ${version} lists: ${describeError(error)}`);
  }
  return { ok: true, verifiedBy: `tuf root ${rootVersion}, ${role} ${version}`, impliedRevision: revision };
};

/** Longer names of a key are cut. */
const MAX_HINT = 100;

const unknownKey = (by: string, keys: readonly VerificationKey[]): Verification =>
  refused('KeyUnknown', `it is signed by ${by}; trusted are ${keys.map(shownKey).join(', ')}`);

/** As in what is said to have vouched. */
export const shownKey = ({ type, id }: VerificationKey): string => `${type === 'ssh' ? 'ssh-ed25519' : type} ${id}`;
