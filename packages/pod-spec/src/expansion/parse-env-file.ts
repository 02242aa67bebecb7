/** The value of one key of an environment file, empty also when the key is not there; or what is wrong with the file up to that key. */
export type EnvFileResult = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly error: string };

/** Bytes of a line, its end included, that the kubelet's reader takes. */
const maxLineBytes = 65_536;

const fail = (line: number, reason: string): EnvFileResult => ({
  ok: false,
  error: `invalid environment variable format at line ${line}: ${reason}`,
});

const isTooLong = (line: string, last: boolean): boolean => {
  const room = last ? maxLineBytes - 1 : maxLineBytes;
  if (line.length * 3 <= room) return false;
  // A byte that is not UTF-8 may stand for itself as a lone surrogate.
  const loneBytes = line.match(/[\udc80-\udcff]/gu)?.length ?? 0;
  return new TextEncoder().encode(line).length - 2 * loneBytes + (last ? 0 : 1) > room;
};

const trimBlanksLeft = (text: string): string => text.replace(/^[ \t]+/, '');

/**
 * Looks a key up in an environment file, as `fileKeyRef` does (pkg/kubelet/util/env): entries `KEY='value'`, which may span lines;
 * blank lines and `#` lines between them. The first entry of the key counts and nothing after it is read.
 */
export const parseEnvFile = (content: string, key: string): EnvFileResult => {
  const lines = content.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const ended = content.endsWith('\n');
  let next = 0;
  const take = (): string | undefined | null => {
    const raw = lines[next];
    if (raw === undefined) return undefined;
    if (isTooLong(raw, !ended && next === lines.length - 1)) return null;
    next += 1;
    return raw.endsWith('\r') ? raw.slice(0, -1) : raw;
  };
  const tooLong: EnvFileResult = { ok: false, error: `a line of the environment file is longer than ${maxLineBytes} bytes` };
  for (;;) {
    const text = take();
    if (text === null) return tooLong;
    if (text === undefined) return { ok: true, value: '' };
    const entry = trimBlanksLeft(text);
    if (entry === '' || entry.startsWith('#')) continue;
    const first = next;
    const equals = entry.indexOf('=');
    if (equals === -1) return fail(first, "missing '='");
    const name = entry.slice(0, equals);
    if (name === '') return fail(first, 'empty variable name');
    if (/[ \t]$/.test(name)) return fail(first, "whitespace before '=' is not allowed");
    let rest = entry.slice(equals + 1);
    if (/^[ \t]/.test(rest)) {
      if (name === key) return { ok: true, value: '' };
      continue;
    }
    if (!rest.startsWith("'")) return fail(first, 'value must be enclosed in single quotes');
    rest = rest.slice(1);
    const parts: string[] = [];
    let close = rest.indexOf("'");
    while (close === -1) {
      parts.push(rest);
      const more = take();
      if (more === null) return tooLong;
      if (more === undefined)
        return { ok: false, error: `invalid environment variable format starting at line ${first}: unclosed single quote` };
      rest = more;
      close = rest.indexOf("'");
    }
    parts.push(rest.slice(0, close));
    const after = trimBlanksLeft(rest.slice(close + 1));
    if (after !== '' && !after.startsWith('#')) return fail(next, 'unexpected content after closing quote');
    if (name === key) return { ok: true, value: parts.join('\n') };
  }
};
