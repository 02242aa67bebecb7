import { type DecodeFinding, decodeStruct, type FeatureGates, type ManifestNode } from '@solo-kubelet/pod-spec/schema';
import type { StructSchema } from '../schema/server-schema.js';
import type { Values } from '../stored-object.js';
import { base64Words, timeWords, typeErrorWords } from './go-words.js';
import type { BodyLanguage } from './read-body.js';

/** A structure that was read; or Go's words for the value that could not be. */
export type Decoded =
  | { readonly ok: true; readonly values: Values; readonly strictErrors: readonly string[] }
  | { readonly ok: false; readonly message: string };

const TIME_LAYOUT = '2006-01-02T15:04:05Z07:00';
const MICRO_LAYOUT = '2006-01-02T15:04:05.000000Z07:00';

const quantityWords = (message: string): string => message.slice(message.lastIndexOf(': ') + 2);

const words = (finding: DecodeFinding, type: StructSchema, root: ManifestNode): string => {
  switch (finding.code) {
    case 'DECODE_QUANTITY':
      return quantityWords(finding.message);
    case 'DECODE_TIME': {
      const text = JSON.parse(finding.message.slice(0, finding.message.lastIndexOf(' is no time'))) as string;
      return timeWords(text, finding.hint.includes('.') ? MICRO_LAYOUT : TIME_LAYOUT);
    }
    case 'DECODE_BASE64':
      return base64Words(finding, type, root);
    default:
      return typeErrorWords(finding, type, root);
  }
};

/** The codes of values whose own reader refuses them: Go stops there, while it goes on after a value of the wrong type. */
const STOPPING: ReadonlySet<string> = new Set(['DECODE_QUANTITY', 'DECODE_TIME']);

const strictWords = ({ code, field }: DecodeFinding, language: BodyLanguage): string | undefined => {
  if (code === 'UNKNOWN_FIELD') return `unknown field ${JSON.stringify(field)}`;
  return code === 'DUPLICATE_FIELD' && language === 'json' ? `duplicate field ${JSON.stringify(field)}` : undefined;
};

/** Reads a structure as Go does, with its words for what is wrong. Fields whose gates are off count as unknown. */
export const decodeAs = (type: StructSchema, root: ManifestNode, language: BodyLanguage, gates: FeatureGates = {}): Decoded => {
  const findings: DecodeFinding[] = [];
  const values = decodeStruct(type, root, '', (finding) => void findings.push(finding), gates);
  if (findings.length === 0) return { ok: true, values, strictErrors: [] };
  const hard = findings.filter(({ code }) => code.startsWith('DECODE_'));
  const first = hard.find(({ code }) => STOPPING.has(code)) ?? hard[0];
  if (first !== undefined) return { ok: false, message: words(first, type, root) };
  const strictErrors = findings.flatMap((finding) => strictWords(finding, language) ?? []);
  return { ok: true, values, strictErrors: [...new Set(strictErrors)] };
};
