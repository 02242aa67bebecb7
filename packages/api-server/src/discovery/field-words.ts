import { objectGlossary } from '@solo-kubelet/object-spec/explain';
import { describeFieldBy } from '@solo-kubelet/pod-spec/explain';
import type { FieldSchema, StructSchema } from '../schema/server-schema.js';
import { moreWords } from './more-words.js';

/** What is said of a structure, or of a field of it. */
export interface FieldWords {
  readonly description: string;
  /** The words that the field knows; empty if any will do. */
  readonly values: readonly string[];
}

/** Where `kubectl explain` has its words from; without a field, of the structure itself. */
export type DescribeField = (struct: StructSchema, field?: FieldSchema) => FieldWords;

const readMore = (): ReadonlyMap<string, string> => {
  const words = new Map<string, string>();
  let struct = '';
  for (const line of moreWords.trimEnd().split('\n')) {
    const [, indent = '', name = '', text = ''] = /^( ?)(\S+) (.*)$/.exec(line) ?? [];
    if (indent === '') struct = name;
    words.set(indent === '' ? name : `${struct}.${name}`, text);
  }
  return words;
};

const EVERYWHERE: Readonly<Record<string, string>> = { apiVersion: 'Group and version of the kind.', kind: 'Name of the kind.' };

export const createFieldWords = (): DescribeField => {
  const more = readMore();
  return (struct, field) => {
    if (field === undefined) {
      return { description: objectGlossary.descriptions[struct.name]?.['']?.[0] ?? more.get(struct.name) ?? '', values: [] };
    }
    const { description, default: fallback, values } = describeFieldBy(objectGlossary, struct, field);
    const said = more.get(`${struct.name}.${field.name}`) ?? (description === '' ? (EVERYWHERE[field.name] ?? '') : description);
    return { description: fallback === undefined || said === '' ? said : `${said} Default: ${fallback}.`, values };
  };
};
