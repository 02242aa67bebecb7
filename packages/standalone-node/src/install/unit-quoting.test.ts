import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { execWord, yamlText } from './unit-quoting.js';

it.each([
  ['/usr/bin/node', '/usr/bin/node'],
  ['/opt/my node/bin', '"/opt/my node/bin"'],
  ['/opt/50%/node', '/opt/50%%/node'],
  ['/opt/%h/%n', '/opt/%%h/%%n'],
  ['/opt/a"b', '"/opt/a\\"b"'],
  ["/opt/it's", '"/opt/it\'s"'],
  ['/opt/back\\slash', '"/opt/back\\\\slash"'],
  ['/opt/$HOME/x', '/opt/$$HOME/x'],
  ['/opt/a;b', '"/opt/a;b"'],
  ['/opt/é', '"/opt/é"'],
])('writes %s as %s', (word, expected) => expect(execWord(word)).toBe(expected));

it('leaves a dollar in the path of the program, where systemd looks for no variable', () =>
  expect(execWord('/opt/$HOME/node', 'program')).toBe('/opt/$HOME/node'));

it.each(['/opt/a\nExecStartPre=/bin/evil', '/opt/a\tb', '/opt/\u0085', '/opt/\ufffd'])('refuses %j', (word) =>
  expect(() => execWord(word)).toThrow(/cannot be named in a systemd unit/),
);

it.each(['/opt/"q"/node', "/opt/it's/node", '/opt/back\\slash/node'])('refuses a program that systemd would not run: %s', (word) =>
  expect(() => execWord(word, 'program')).toThrow(/quote or a backslash/),
);

it.each(['unix:///run/containerd/containerd.sock', 'unix:///run/a b.sock', 'unix:///run/a #b', 'a: b', '"', "'x", '~', 'x:', '- x'])(
  'writes %j as a line of YAML',
  (text) => expect(parse(`key: ${yamlText(text)}\n`)).toEqual({ key: text }),
);
