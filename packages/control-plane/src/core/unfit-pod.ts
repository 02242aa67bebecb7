/**
 * Why a pod of the API cannot be run here, whatever its server thought: it is not made like one, or its names, which become those of directories and
 * cgroups, would lead elsewhere. A server of Kubernetes hands out no such pod. Undefined: it is fit.
 */
export const unfitPod = (pod: unknown): string | undefined => {
  const { metadata, spec } = asRecord(pod) ?? {};
  const { namespace, name, uid } = asRecord(metadata) ?? {};
  const body = asRecord(spec);
  if (body === undefined) return 'spec is no object';
  for (const [field, value] of Object.entries({ 'metadata.namespace': namespace, 'metadata.name': name, 'metadata.uid': uid }))
    if (!isPlainName(value)) return `${field} ${shown(value)} cannot name a directory`;
  if (!Array.isArray(body['containers'])) return 'spec.containers is no list';
  for (const field of ['containers', 'initContainers', 'ephemeralContainers', 'volumes']) {
    const items = body[field] ?? [];
    if (!Array.isArray(items)) return `spec.${field} is no list`;
    for (const item of items) {
      const value = asRecord(item)?.['name'];
      if (!isPlainName(value)) return `a name in spec.${field}, ${shown(value)}, cannot name a directory`;
    }
  }
  return undefined;
};

const MAX_NAME = 253;

/** A DNS subdomain, as which every API server wants them: no `/`, no `..`, no `_`, which separates the parts of log directories. */
const isPlainName = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= MAX_NAME && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(value);

const asRecord = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;

const shown = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : `of type ${typeof value}`);
