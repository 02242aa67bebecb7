import { quoteByte } from '../validation/go-json-error.js';
import { createNodeCount, type ListNode, type ManifestNode, type MapEntry, type MapNode, type ScalarNode, syntaxFailure } from './node.js';
import { maxDepth } from './yaml/scanner.js';

const numberForm = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** Anything but a quote, a backslash and control characters. */
const plainForm = /[ !#-[\]-\uffff]*/y;
const spaceForm = /[ \t\r\n]*/y;
const escapes: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const loneSurrogates = /[\ud800-\udfff]/gu;

type Frame = { readonly node: MapNode; readonly entries: MapEntry[] } | { readonly node: ListNode };

/** Reads strict JSON as Go does: duplicate keys stay, numbers stay text, a lone surrogate becomes U+FFFD. Throws SyntaxFailure. */
export const parseJson = (text: string, onPartial: (root: ManifestNode) => void = () => {}): ManifestNode => {
  let pos = 0;
  const match = (form: RegExp): string => {
    form.lastIndex = pos;
    const found = form.exec(text)?.[0] ?? '';
    pos += found.length;
    return found;
  };
  const fail = (expected: string): never => {
    if (pos >= text.length) throw syntaxFailure('unexpected end of JSON input', pos, pos);
    throw syntaxFailure(`invalid character ${quoteByte(text.codePointAt(pos)!)} ${expected}`, pos);
  };

  const readString = (): { value: string; raw?: string } => {
    const start = pos + 1;
    pos += 1;
    let value = match(plainForm);
    let escaped = false;
    while (text[pos] === '\\') {
      escaped = true;
      pos += 1;
      const character = text[pos] ?? '';
      if (character === 'u') {
        const digits = text.slice(pos + 1, pos + 5);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) {
          pos += 1 + (/^[0-9a-fA-F]*/.exec(digits)?.[0].length ?? 0);
          fail('in \\u hexadecimal character escape');
        }
        value += String.fromCharCode(Number.parseInt(digits, 16));
        pos += 5;
      } else {
        const simple = Object.hasOwn(escapes, character) ? escapes[character] : undefined;
        value += simple ?? fail('in string escape code');
        pos += 1;
      }
      value += match(plainForm);
    }
    if (text[pos] !== '"') fail('in string literal');
    const raw = text.slice(start, pos);
    pos += 1;
    const whole = value.replace(loneSurrogates, '\ufffd');
    return escaped ? { value: whole, raw } : { value: whole };
  };

  const readScalar = (): ScalarNode => {
    const start = pos;
    if (text[pos] === '"') {
      const string = readString();
      return { kind: 'scalar', type: 'string', ...string, start, end: pos };
    }
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (!text.startsWith(word, pos)) continue;
      pos += word.length;
      return value === null
        ? { kind: 'scalar', type: 'null', value, start, end: pos }
        : { kind: 'scalar', type: 'boolean', value, start, end: pos };
    }
    const number = match(numberForm);
    if (number === '') fail('looking for beginning of value');
    return { kind: 'scalar', type: 'number', value: number, start, end: pos };
  };

  const frames: Frame[] = [];
  let key: { key: string; keyStart: number; keyEnd: number } | undefined;
  let root: ManifestNode | undefined;
  const countNode = createNodeCount();
  const attach = (node: ManifestNode): void => {
    countNode(node.start);
    const frame = frames[frames.length - 1];
    if (frame === undefined) {
      root = node;
      onPartial(node);
    } else if ('entries' in frame) {
      frame.entries.push({ ...key!, value: node });
    } else frame.node.items.push(node);
  };
  const readKey = (): void => {
    match(spaceForm);
    if (text[pos] !== '"') fail('looking for beginning of object key string');
    const keyStart = pos;
    countNode(keyStart);
    const { value } = readString();
    key = { key: value, keyStart, keyEnd: pos };
    match(spaceForm);
    if (text[pos] !== ':') fail('after object key');
    pos += 1;
  };
  /** True if the collection that was opened at `pos` is empty and so already closed. */
  const openCollection = (): boolean => {
    const start = pos;
    const isMap = text[pos] === '{';
    pos += 1;
    if (isMap) {
      const entries: MapEntry[] = [];
      const node: MapNode = { kind: 'map', entries, start, end: pos };
      attach(node);
      frames.push({ node, entries });
    } else {
      const node: ListNode = { kind: 'list', items: [], start, end: pos };
      attach(node);
      frames.push({ node });
    }
    if (frames.length > maxDepth) throw syntaxFailure(`exceeded max depth of ${maxDepth}`, start);
    match(spaceForm);
    if (text[pos] === (isMap ? '}' : ']')) return true;
    if (isMap) readKey();
    return false;
  };

  for (;;) {
    match(spaceForm);
    if (text[pos] === '{' || text[pos] === '[') {
      if (!openCollection()) continue;
    } else attach(readScalar());
    // A value has ended here, or its closing bracket comes next.
    for (;;) {
      match(spaceForm);
      const frame = frames[frames.length - 1];
      if (frame === undefined) {
        if (pos < text.length) fail('after top-level value');
        return root!;
      }
      const isMap = 'entries' in frame;
      if (text[pos] === (isMap ? '}' : ']')) {
        pos += 1;
        frame.node.end = pos;
        frames.pop();
        continue;
      }
      if (text[pos] !== ',') fail(isMap ? 'after object key:value pair' : 'after array element');
      pos += 1;
      if (isMap) readKey();
      break;
    }
  }
};
