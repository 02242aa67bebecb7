import { type DocumentElsewhere, parseMixedManifest } from '@solo-kubelet/object-spec';
import { parseDocuments } from './core/parse-documents.js';
import type { ManifestSourceKind, ParseManifest } from './manifest-event.js';

export interface CheckManifestOptions {
  readonly source: ManifestSourceKind;
  /** For the places of what is wrong. */
  readonly path: string;
  readonly nodeName: string;
  /** Default: object-spec's `parseMixedManifest`. */
  readonly parse?: ParseManifest;
}

export interface CheckedManifest {
  /** What it asks for, document by document. `namespace`: undefined for an object that is in none. */
  readonly asks: readonly { readonly kind: string; readonly namespace?: string; readonly name: string }[];
  /** One line for each document that can't be used. */
  readonly problems: readonly string[];
  /** Documents that are for other nodes, and not checked. */
  readonly elsewhere: readonly DocumentElsewhere[];
}

/** What sources would make of a text on its own; judges new objects, not changes of what is there. */
export const checkManifest = (
  text: Uint8Array,
  { source, path, nodeName, parse = parseMixedManifest }: CheckManifestOptions,
): CheckedManifest => {
  let elsewhere: readonly DocumentElsewhere[] = [];
  const listening: ParseManifest = (...asked) => {
    const parsed = parse(...asked);
    elsewhere = parsed.elsewhere ?? [];
    return parsed;
  };
  const documents = parseDocuments(text, path, 0, { parse: listening, nodeName, source });
  return {
    asks: documents.flatMap((document): CheckedManifest['asks'] => {
      if (document.type === 'bad') return [];
      const { asked } = document.good;
      if (asked.type === 'pod') {
        const { namespace = 'default', name = '' } = asked.pod.metadata;
        return [{ kind: 'Pod', namespace, name }];
      }
      const { kind, metadata } = asked.object;
      return [{ kind, ...(metadata.namespace !== undefined && { namespace: metadata.namespace }), name: metadata.name }];
    }),
    problems: documents.flatMap((document) => (document.type === 'bad' ? [document.problem.message] : [])),
    elsewhere,
  };
};
