import type { ManifestNode, MapEntry } from '../decode/node.js';

/** What a document says it is, or why that cannot be told. */
export type DocumentKind =
  | { readonly ok: true; readonly group: string; readonly version: string; readonly kind: string; readonly entry: MapEntry }
  | { readonly ok: false; readonly message: string; readonly start: number; readonly end: number };

/** A name as Go's JSON decoder compares names when case does not count: long s and the Kelvin sign fold too. */
const fold = (name: string): string => name.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toLowerCase();

/**
 * Looks for `apiVersion` and `kind` at the top of a document as Kubernetes does: case does not count and the last match wins. The entries
 * of a YAML document come sorted, as its library sorts them.
 */
export const readKind = (root: ManifestNode): DocumentKind => {
  const fail = (
    message: string,
    { start, end }: { start: number; end: number } = { start: root.start, end: root.start + 1 },
  ): DocumentKind => ({
    ok: false,
    message,
    start,
    end,
  });
  if (root.kind === 'list' || (root.kind === 'scalar' && root.type !== 'null')) return fail('the document is not a map');
  const found: Record<string, MapEntry | undefined> = {};
  for (const entry of root.kind === 'map' ? root.entries : []) {
    const name = fold(entry.key);
    if (name !== 'kind' && name !== 'apiversion') continue;
    if (entry.value.kind !== 'scalar' || (entry.value.type !== 'string' && entry.value.type !== 'null'))
      return fail(`${entry.key} is not a string`, entry.value);
    if (entry.value.type === 'string') found[name] = entry;
  }
  const text = (entry: MapEntry | undefined): string => (entry?.value.kind === 'scalar' ? String(entry.value.value ?? '') : '');
  const kind = text(found['kind']);
  const apiVersion = text(found['apiversion']);
  const parts = apiVersion === '/' ? [''] : apiVersion.split('/');
  if (parts.length > 2) return fail(`unexpected apiVersion: ${apiVersion}`, found['apiversion']?.value);
  const version = parts[parts.length - 1]!;
  if (kind === '') return fail('kind is missing');
  if (version === '') return fail('apiVersion is missing');
  return { ok: true, group: parts.length > 1 ? parts[0]! : '', version, kind, entry: found['kind']! };
};
