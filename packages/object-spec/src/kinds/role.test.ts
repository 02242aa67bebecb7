import { describe, expect, it } from 'vitest';
import { parseObject } from '../parse/parse-object.js';
import { judgeTexts, messagesOf } from '../testing/judge-text.js';

const RBAC = 'rbac.authorization.k8s.io/v1';
const role = judgeTexts(RBAC, 'Role');
const clusterRole = judgeTexts(RBAC, 'ClusterRole');

describe('a Role', () => {
  it.each([
    ['rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]', []],
    ['rules: []', []],
    [
      'rules: [{}]',
      [
        'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
        'rules[0].resources: Required value: resource rules must supply at least one resource',
        'rules[0].verbs: Required value: verbs must contain at least one value',
      ],
    ],
    [
      'rules: [{nonResourceURLs: [/x], verbs: [get]}]',
      ['rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs'],
    ],
  ])('%s', (body, messages) => expect([...messagesOf(role.create(body))].sort()).toEqual(messages));

  it.each([
    ['"system:x y"', []],
    ['..', ['metadata.name: Invalid value: "..": may not be \'..\'']],
    ['a/b', ['metadata.name: Invalid value: "a/b": may not contain \'/\'']],
  ])('may have the name %s', (name, messages) => {
    const text = `apiVersion: ${RBAC}\nkind: Role\nmetadata: {name: ${name}}\nrules: []\n`;
    expect(messagesOf(parseObject(text, { path: 'a' }))).toEqual(messages);
  });

  it('is looked at again in an update', () => {
    const update = role.update('rules: []', 'rules: [{apiGroups: [""], resources: [pods]}]');
    expect(messagesOf(update)).toEqual(['rules[0].verbs: Required value: verbs must contain at least one value']);
  });
});

describe('a ClusterRole', () => {
  it.each([
    ['rules: [{nonResourceURLs: [/x], verbs: [get]}]', []],
    [
      'rules: [{nonResourceURLs: [/x], resources: [a], verbs: [get]}]',
      ['rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs'],
    ],
    [
      'aggregationRule: {}',
      ['aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil'],
    ],
    [
      'aggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: a, operator: In}]}]}',
      [
        "aggregationRule.clusterRoleSelectors[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
        'aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.',
      ],
    ],
  ])('%s', (body, messages) => expect(messagesOf(clusterRole.create(body))).toEqual(messages));
});
