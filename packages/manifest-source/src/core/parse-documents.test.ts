import { parseManifest } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { looksComplete, parseDocuments } from './parse-documents.js';

const context = { parse: parseManifest, nodeName: 'n', source: 'file' } as const;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const pod = (name: string, image = 'x'): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec: { containers: [{ name: app, image: ${image} }] }\n`;
const show = (text: string | Uint8Array): readonly string[] =>
  parseDocuments(typeof text === 'string' ? bytes(text) : text, '/m/a.yaml', 0, context).map((parsed) =>
    parsed.type === 'good' ? parsed.good.key : `${parsed.key ?? '?'} ${parsed.problem.message}`,
  );

describe('parseDocuments with the parser of pod-spec', () => {
  it.each<[string, string | Uint8Array, readonly (string | RegExp)[]]>([
    ['every document', `${pod('a')}---\n${pod('b')}`, ['Pod/default/a-n', 'Pod/default/b-n']],
    ['a broken document between others', `${pod('a')}---\nfoo: [\n---\n${pod('b')}`, ['Pod/default/a-n', /^\? \/m\/a\.yaml:\d+:\d+: \S/]],
    ['an empty text', '', [/there is no Pod in it/]],
    ['comments only', '# one\n---\n# two\n', [/there is no Pod in it/]],
    ['an explicitly empty list', 'apiVersion: v1\nkind: PodList\nitems: []\n', []],
    ['an explicitly empty list in JSON', '{"apiVersion":"v1","kind":"List","items":[]}', []],
    ['several empty lists', 'apiVersion: v1\nkind: List\nitems: []\n---\napiVersion: v1\nkind: PodList\nitems: []\n', []],
    ['an empty list beside a Pod', `apiVersion: v1\nkind: List\nitems: []\n---\n${pod('a')}`, ['Pod/default/a-n']],
    [
      'a broken List whose text holds `items: []` in a volume',
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec: { volumes: [{ name: d, downwardAPI: { items: [] } }], containers: [\n',
      [/^\? \/m\/a\.yaml:\d+:\d+: \S/],
    ],
    ['a broken List whose comment holds `items: []`', '# items: []\napiVersion: v1\nkind: List\nitems: [', [/^\? /]],
    ['a page that talks of a list', '<html><body>kind: PodList items: [] is missing</body></html>\n', [/^\? /]],
    ['an empty list that was cut off behind its items', '{"kind":"PodList","apiVersion":"v1","items":[],"metadata":{', [/^\? /]],
    ['a list of null', 'apiVersion: v1\nkind: PodList\nitems:\n', [/^\? /]],
    ['an empty list before a broken document', 'apiVersion: v1\nkind: List\nitems: []\n---\nfoo: [\n', [/^\? /]],
    ['a list without items', 'apiVersion: v1\nkind: PodList\n', [/^\? /]],
    ['another kind', 'apiVersion: apps/v1\nkind: Deployment\nitems: []\n', [/^\? \/m\/a\.yaml:/]],
    [
      'a broken rule, with the name and the place',
      'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [] }\n',
      [/^Pod\/default\/a-n \/m\/a\.yaml:4:\d+: .*containers/],
    ],
    ['binary', new Uint8Array([0, 1, 2, 255]), [/^\? /]],
  ])('reads %s', (_what, text, expected) => {
    const shown = show(text);
    expect(shown).toHaveLength(expected.length);
    for (const [index, want] of expected.entries())
      expect(shown[index]).toEqual(typeof want === 'string' ? want : expect.stringMatching(want));
  });

  it('tells a parser that throws from nothing', () => {
    const parse = () => {
      throw new Error('bug');
    };
    expect(parseDocuments(bytes('x'), '/m/a', 0, { ...context, parse })).toMatchObject([
      { type: 'bad', problem: { message: '/m/a: cannot be parsed: bug' } },
    ]);
  });

  it('gives equal Pods equal fingerprints, whatever the comments', () => {
    const fingerprint = (text: string) =>
      parseDocuments(bytes(text), '/m/a', 0, context).map((one) => one.type === 'good' && one.good.fingerprint);
    expect(fingerprint(`# new\n${pod('a')}`)).toEqual(fingerprint(pod('a')));
    expect(fingerprint(pod('a', 'y'))).not.toEqual(fingerprint(pod('a')));
  });
});

describe('looksComplete', () => {
  it.each([
    ['kind: Pod\n', true],
    ['kind: Pod', false],
    [' {"kind": "Pod"}', true],
    ['', false],
  ])('%j: %s', (text, expected) => expect(looksComplete(bytes(text))).toBe(expected));
});
