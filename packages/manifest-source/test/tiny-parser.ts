import type { ParseResult, Pod } from '@solo-kubelet/pod-spec';
import type { ParseManifest } from '../src/manifest-event.js';

/** Documents `name image`, divided by `---` lines; `?name` is a document about that Pod that is wrong, `!` one that can't be read at all. */
export const tinyParser: ParseManifest = (source) => {
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
  const parts = text.trim() === 'empty list' ? [] : text.split(/^---$/m);
  return { documents: parts.map((part, index) => ({ index, line: 1, result: parseOne(part.trim()) })) };
};

const parseOne = (text: string): ParseResult => {
  if (text.startsWith('!')) return { ok: false, issues: [], apiRef: '', message: text };
  if (text.startsWith('?')) return { ok: false, issues: [], apiRef: '', message: text, pod: podOf(text.slice(1)) };
  return { ok: true, pod: podOf(text), warnings: [] };
};

const podOf = (text: string): Pod => {
  const [name = '', image = ''] = text.split(/\s+/);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: text },
    spec: { containers: [{ name: 'app', image }] },
  } as Pod;
};
