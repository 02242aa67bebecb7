import { expect, it } from 'vitest';
import { parsePod } from './parse-pod.js';

const hintOf = (text: string): string | undefined => {
  const result = parsePod(text, { path: 'pod.yaml', nodeName: 'node1' });
  return result.ok ? undefined : result.issues[0]?.hint;
};

it.each([
  ['tabs', 'metadata:\n\tname: x\n', /spaces, not tabs/],
  ['tabs in a block', 'a:\n- |\n  \tx\n', /spaces, not tabs/],
  ['a template', 'metadata:\n  name: {{ .Release.Name }}-x\n', /helm template/],
  ['flow YAML taken for JSON', '{apiVersion: v1, kind: Pod}', /read as JSON/],
  ['a colon in a text', 'env:\n- value: a: b\n', /in quotes/],
  ['a merge conflict', '<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n', /merge conflict/],
  ['a YAML directive', '%YAML 1.2\n---\na: 1\n', /%YAML/],
  ['a comma too many', '{"a": 1,}', /^$/],
  ['something else', 'a: [1\n', /^$/],
])('says what to do about %s', (_what, text, hint) => {
  expect(hintOf(text)).toMatch(hint);
});
