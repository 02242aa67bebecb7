import type { SourceRecord } from './answer-store.js';
import type { SourceDefinition } from './core/source-definition.js';
import type { FetchFailed, Inquiry } from './places/place.js';
import type { DetachedKey, VerificationKey } from './signatures/verification-keys.js';
import type { DetachedSignature } from './signatures/verify-answer.js';

export type FetchedAnswer =
  | {
      readonly type: 'answer';
      readonly content: Uint8Array;
      /** What was found beside it; one that is good is enough. */
      readonly signatures: readonly DetachedSignature[];
      readonly validators: SourceRecord['validators'];
    }
  | { readonly type: 'notModified' }
  | FetchFailed;

export interface FetchAnswerOptions {
  readonly source: Pick<SourceDefinition, 'require' | 'hash' | 'signatureUrl'>;
  readonly inquiry: Inquiry;
  readonly keys: readonly VerificationKey[];
  readonly validators: SourceRecord['validators'];
}

/** What a source answers, with its signature where one is required, from wherever it is. Never rejects. */
export const fetchAnswer = async ({ source, inquiry, keys, validators }: FetchAnswerOptions): Promise<FetchedAnswer> => {
  const answer = await inquiry.content(validators);
  if (answer.type !== 'content') return answer;
  const found = { type: 'answer' as const, content: answer.content, validators: answer.validators };
  const manifest = answer.manifest && { type: 'artifact' as const, text: Buffer.from(answer.manifest).toString() };
  if (source.require !== 'signature') return { ...found, signatures: source.hash?.of === 'artifact' && manifest ? [manifest] : [] };
  const tried: string[] = [];
  for (const type of kindsOf(keys)) {
    const signature = await inquiry.beside(SUFFIXES[type]);
    if (signature.type === 'found') return { ...found, signatures: signature.texts.map(signatureOf) };
    if (signature.type === 'failed') return { ...signature, message: `its signature: ${signature.message}` };
    tried.push(signature.where);
    // Where the source says where its signature is, that is the place for all kinds.
    if (source.signatureUrl !== undefined) break;
  }
  return { type: 'failed', reason: 'SignatureMissing', message: `there is no signature at ${tried.join(', nor at ')}` };
};

const SUFFIXES: Readonly<Record<DetachedKey['type'], string>> = { minisign: '.minisig', ssh: '.sig', sigstore: '.sigstore.json' };

const kindsOf = (keys: readonly VerificationKey[]): readonly DetachedKey['type'][] =>
  (['minisign', 'ssh', 'sigstore'] as const).filter((type) => keys.some((key) => key.type === type));

/** A signature says by itself of which kind it is, wherever it was found. */
const signatureOf = (bytes: Uint8Array): DetachedSignature => {
  const text = Buffer.from(bytes).toString();
  return { type: kindOf(text), text };
};

const kindOf = (text: string): DetachedSignature['type'] => {
  if (text.startsWith('-----BEGIN SSH SIGNATURE')) return 'ssh';
  return text.trimStart().startsWith('{') ? 'sigstore' : 'minisign';
};
