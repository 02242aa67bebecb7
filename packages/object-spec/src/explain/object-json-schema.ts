import { type Schema, structDefinition } from '@solo-kubelet/pod-spec/explain';
import { apiVersionOf, type ObjectKind } from '../kinds/object-kind.js';
import { objectGlossary } from './object-glossary.js';

/** The structures that a structure is made of, itself among them. */
const usedBy = (name: string): ReadonlySet<string> => {
  const used = new Set<string>();
  const visit = (each: string): void => {
    if (used.has(each)) return;
    used.add(each);
    for (const { struct } of objectGlossary.schema.struct(each).fields) if (struct !== undefined) visit(struct.name);
  };
  visit(name);
  return used;
};

/** A JSON Schema (draft 07) of the manifests of one kind, for editors: shape, names, words, defaults. */
export const objectJsonSchema = (kind: ObjectKind): Schema => {
  const names = [...usedBy(kind.kind)].filter((name) => name !== kind.kind);
  const root = structDefinition(objectGlossary, kind.kind);
  const properties = { ...(root['properties'] as Schema), apiVersion: { const: apiVersionOf(kind) }, kind: { const: kind.kind } };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `Kubernetes 1.36 ${kind.kind}`,
    ...root,
    properties,
    required: ['apiVersion', 'kind', ...((root['required'] as readonly string[] | undefined) ?? [])],
    definitions: Object.fromEntries(names.map((name) => [name, structDefinition(objectGlossary, name)])),
  };
};
