import { describe, expect, it } from 'vitest';
import { judgeTexts, messagesOf } from '../testing/judge-text.js';

const RBAC = 'rbac.authorization.k8s.io/v1';
const binding = judgeTexts(RBAC, 'RoleBinding');
const clusterBinding = judgeTexts(RBAC, 'ClusterRoleBinding');
const roleRef = 'roleRef: {kind: ClusterRole, name: a}';

describe('a RoleBinding', () => {
  it('names the API group of users, groups and the role', () => {
    const subjects = '[{kind: User, name: a}, {kind: ServiceAccount, name: b}]';
    expect(binding.sound(`${roleRef}\nsubjects: ${subjects}`)).toMatchObject({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io' },
      subjects: [
        { apiGroup: 'rbac.authorization.k8s.io', name: 'a' },
        { kind: 'ServiceAccount', name: 'b' },
      ],
    });
  });

  it.each([
    [
      'roleRef: {kind: Pod}',
      ['roleRef.kind: Unsupported value: "Pod": supported values: "Role", "ClusterRole"', 'roleRef.name: Required value'],
    ],
    [`${roleRef}\nsubjects: [{kind: ServiceAccount, name: a}]`, []],
    [
      `${roleRef}\nsubjects: [{kind: User, name: a, apiGroup: x}, {kind: X, name: a}]`,
      [
        'subjects[0].apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"',
        'subjects[1].kind: Unsupported value: "X": supported values: "ServiceAccount", "User", "Group"',
      ],
    ],
  ])('%s', (body, messages) => expect(messagesOf(binding.create(body))).toEqual(messages));

  it('keeps its role', () => {
    const changed = binding.update(roleRef, 'roleRef: {kind: ClusterRole, name: b}');
    expect(messagesOf(changed)).toEqual([expect.stringMatching(/^roleRef: Invalid value: .*: cannot change roleRef$/)]);
  });
});

it('a ClusterRoleBinding binds ClusterRoles alone, and names the namespace of a service account', () => {
  const body = 'roleRef: {kind: Role, name: a}\nsubjects: [{kind: ServiceAccount, name: a}]';
  expect(messagesOf(clusterBinding.create(body))).toEqual([
    'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
    'subjects[0].namespace: Required value',
  ]);
});
