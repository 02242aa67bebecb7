import { expect, it } from 'vitest';
import { fieldsOf, formatSettingsIssue, readSettings } from './index.js';

interface Settings {
  readonly name: string | undefined;
  readonly size: number | undefined;
  readonly mode: 'on' | 'off' | undefined;
  readonly open: boolean | undefined;
  readonly words: readonly string[] | undefined;
  readonly parts: readonly unknown[] | undefined;
}

const read = (text: string): Settings | readonly string[] => {
  const result = readSettings<Settings>(text, {
    path: 'a.yaml',
    want: 'some settings',
    single: 'one is enough',
    read: (root, tell) => {
      const fields = fieldsOf(root, '', tell);
      const settings = {
        name: fields.text('name'),
        size: fields.read('size', 'a number of one digit', (given) => (/^\d$/.test(given) ? Number(given) : undefined)),
        mode: fields.oneOf('mode', ['on', 'off']),
        open: fields.truth('open'),
        words: fields.texts('words'),
        parts: fields.maps('parts')?.map((part) => part.toJSON() as unknown),
      };
      fields.end();
      return settings;
    },
  });
  return result.ok ? result.value : result.issues.map(formatSettingsIssue);
};

it('reads every kind of field', () =>
  expect(read('name: a\nsize: 4\nmode: "on"\nopen: true\nwords: [x, "1"]\nparts: [{ a: 1 }]\n')).toEqual({
    name: 'a',
    size: 4,
    mode: 'on',
    open: true,
    words: ['x', '1'],
    parts: [{ a: 1 }],
  }));

it.each([
  ['name: 1', 'a.yaml:1:7: name: want a text'],
  ['name: ""', 'a.yaml:1:7: name: want a text'],
  ['name:', 'a.yaml:1:6: name: want a text'],
  ['\n size: 44', 'a.yaml:2:8: size: want a number of one digit'],
  ['size: [4]', 'a.yaml:1:7: size: want a number of one digit'],
  ['mode: maybe', 'a.yaml:1:7: mode: want one of on, off'],
  ['open: "true"', 'a.yaml:1:7: open: want true or false'],
  ['words: x', 'a.yaml:1:8: words: want a list of texts'],
  ['words: [x, 1]', 'a.yaml:1:8: words: want a list of texts'],
  ['parts: [{}, x]', 'a.yaml:1:8: parts: want a list of mappings'],
  ['nmae: a', 'a.yaml:1:1: nmae: there is no such field; did you mean name?'],
  ['name: a\nname: b', 'a.yaml:2:1: Map keys must be unique'],
  ['- a', 'a.yaml:1:1: want some settings'],
  ['', 'a.yaml:1:1: want some settings'],
  ['name: a\n---\nname: b', 'a.yaml:2:1: one is enough'],
])('tells what is wrong with %j, and where', (text, issue) => expect(read(text)).toEqual([issue]));

it('tells everything that is wrong at once', () =>
  expect(read('name: 1\nsize: 44\n')).toEqual(['a.yaml:1:7: name: want a text', 'a.yaml:2:7: size: want a number of one digit']));

it.each([
  ['a list in a list', `words: ${'['.repeat(100)}`, 'a.yaml:1:107: it nests deeper than 100 levels'],
  [
    'a map in a map',
    Array.from({ length: 101 }, (_, at) => `${' '.repeat(at)}a:\n`).join(''),
    'a.yaml:101:102: it nests deeper than 100 levels',
  ],
  ['a list for a key', 'name: a\n? [x]\n: b', 'a.yaml:2:3: a key has to be a plain text'],
])('refuses %s before it is read', (_, text, issue) => expect(read(text)).toEqual([issue]));

it('never throws, whatever the text is', () => {
  for (const text of ['['.repeat(99), 'a: '.repeat(99), `a: ${'{a: '.repeat(98)}`, '&a [*a]', 'name: *b', '\0', '<<: 1'])
    expect(read(text)).toEqual([expect.stringMatching(/^a\.yaml:\d+:\d+: ./)]);
});
