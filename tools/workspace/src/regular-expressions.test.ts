import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSync } from 'recheck';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** Expressions that are slow, or of which it cannot be told, and why that harms nobody: only what is short, or the user's own, gets there. */
const HARMLESS: ReadonlyMap<string, string> = new Map([
  [String.raw`/^( *)((?:- )*)((?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#][^#]*?): )?(?=\S)/`, 'lines that this program wrote'],
  [String.raw`/^[a-z]\w*(?:\.\w+|\[[^\]]*\])*(?=: )/`, 'every part begins with another character'],
  [String.raw`/(?<=.)\/+$/s`, 'an argument of the command line'],
  [String.raw`/^(-?\d+)?(:)?(-?\d+)?(?::(-?\d+))?$/`, 'an argument of the command line'],
  [`/,(?=(?:[^'"]*['"][^'"]*['"])*[^'"]*$)/`, 'an argument of the command line'],
  [String.raw`/^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/`, 'an argument of the command line'],
  [String.raw`/^https?:\/\/[^/?#\\]*(?=\/)/i`, 'bound to the start'],
  [String.raw`/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g`, 'a file of the operator'],
  [String.raw`/^ExecStart=.* --kube-api (\S+) /m`, 'a file of the operator'],
  [String.raw`/^\s*([^\s:]+):\s*(\d.*)$/gm`, 'files of the kernel'],
  [String.raw`/^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m`, 'files of the kernel'],
  [String.raw`/^\d+:(?:[^:]*,)?cpuacct(?:,[^:]*)?:(.*)$/m`, 'files of the kernel'],
  [String.raw`/(\d+(?:\.\d+)?)(ms|h|m|s)/g`, 'texts of at most 64 characters'],
  [
    String.raw`/-----BEGIN ([^\n-][^\n]{0,99}?)-----[ \t]{0,99}\r?\n((?:(?!-----)[^\n]*\r?\n)*?)-----END \1-----/g`,
    'a head has at most 200 characters, and a body ends where the next line of dashes begins',
  ],
  [String.raw`/iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/`, 'texts of at most 4,096 characters'],
]);

const sources = (): readonly string[] =>
  execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', 'packages/*/src/*.ts'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\0')
    .filter((path) => path !== '' && !/\.test\.ts$|\/(?:gen|testing)\//.test(path));

const literalsOf = (path: string): readonly string[] => {
  let text: string;
  try {
    text = readFileSync(join(root, path), 'utf8');
  } catch {
    return []; // removed, and not yet committed
  }
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest));
  return found;
};

const isSafe = (literal: string): boolean => {
  const slash = literal.lastIndexOf('/');
  const flags = literal.slice(slash + 1);
  const source = literal
    .slice(1, slash)
    .replaceAll(RUN_AT_END, '')
    .replaceAll(PLAIN_WORDS, (words) => words.slice(0, 2))
    .replaceAll(/-{3,}/g, '-');
  return (
    checkSync(flags.includes('y') ? `^(?:${source})` : source, flags.replace('y', ''), { checker: 'automaton', timeout: null }).status ===
    'safe'
  );
};

/** `(?<!x)x+$` is tried once for each run, and so takes no longer than the text is; the checker knows no lookbehind. */
const RUN_AT_END = /\|?\(\?<!((?:\[(?:[^\]\\]|\\.)*\]|\\p\{\w+\}|\\.|.))\)\1\+\$/g;

/** Plain text makes the checker slow, and no expression any slower. */
const PLAIN_WORDS = /(?<![\\{<\w ])[A-Za-z ]{4,}(?![*+?{\w])/g;

it('no expression takes long for a text that somebody made for that', () => {
  const slow = new Map<string, string[]>();
  const known = new Map<string, boolean>();
  const used = new Set<string>();
  for (const path of sources()) {
    for (const literal of literalsOf(path)) {
      if (HARMLESS.has(literal)) used.add(literal);
      if (!known.has(literal)) known.set(literal, HARMLESS.has(literal) || isSafe(literal));
      if (known.get(literal) === false) slow.set(literal, [...(slow.get(literal) ?? []), path]);
    }
  }
  expect([...slow]).toEqual([]);
  // An exception that is not needed any more goes.
  expect([...HARMLESS.keys()].filter((literal) => !used.has(literal))).toEqual([]);
  expect(known.size).toBeGreaterThan(200);
}, 1_800_000);

it.each([String.raw`/\/+$/`, '/^(a+)+$/', String.raw`/^\/+|\/+$/g`])('%s would be found', (literal) => {
  expect(isSafe(literal)).toBe(false);
});
