import type { ManifestNode } from '@solo-kubelet/pod-spec/schema';

/** A plain value as the parser would have given it, so that one decoder serves both. Without places; depth is that of a value that was parsed or kept. */
export const valueNode = (value: unknown): ManifestNode => {
  const place = { start: 0, end: 0 };
  switch (typeof value) {
    case 'string':
      return { kind: 'scalar', type: 'string', value, ...place };
    case 'number':
    case 'bigint':
      return { kind: 'scalar', type: 'number', value: String(value), ...place };
    case 'boolean':
      return { kind: 'scalar', type: 'boolean', value, ...place };
    default:
      if (value === null || value === undefined) return { kind: 'scalar', type: 'null', value: null, ...place };
      if (Array.isArray(value)) return { kind: 'list', items: value.map(valueNode), ...place };
      return {
        kind: 'map',
        entries: Object.entries(value)
          .filter(([, item]) => item !== undefined)
          .map(([key, item]) => ({ key, keyStart: 0, keyEnd: 0, value: valueNode(item) })),
        ...place,
      };
  }
};

/** A node as plain data: the last of doubled keys counts. Numbers beyond 2^53 stay exact. */
export const nodeValue = (node: ManifestNode): unknown => {
  if (node.kind === 'list') return node.items.map(nodeValue);
  if (node.kind === 'map') {
    const result: Record<string, unknown> = {};
    for (const { key, value } of node.entries) {
      Object.defineProperty(result, key, { value: nodeValue(value), enumerable: true, configurable: true, writable: true });
    }
    return result;
  }
  if (node.type !== 'number') return node.value;
  const number = Number(node.value);
  return /^-?\d+$/.test(node.value) && !Number.isSafeInteger(number) ? BigInt(node.value) : number;
};
