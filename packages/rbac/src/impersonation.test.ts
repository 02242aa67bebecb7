import { describe, expect, it } from 'vitest';
import { createRbacAuthorizer } from './authorizer.js';
import { type ImpersonationMode, type ImpersonationResult, impersonate } from './impersonation.js';
import { type DistinctHeaders, readImpersonationHeaders } from './impersonation-headers.js';
import { createPolicy, type PolicyRule } from './policy.js';

const erin = { username: 'erin', groups: ['system:authenticated'] };
const request = {
  type: 'resource',
  verb: 'get',
  apiGroup: '',
  resource: 'configmaps',
  subresource: '',
  name: 'x',
  namespace: 'n',
} as const;

const become = (rules: readonly PolicyRule[], headers: DistinctHeaders, lastMode?: ImpersonationMode): ImpersonationResult => {
  const wanted = readImpersonationHeaders(headers);
  if (wanted.type !== 'wanted') throw new Error(wanted.type);
  const policy = createPolicy({
    clusterRoles: [{ metadata: { name: 'c' }, rules }],
    clusterRoleBindings: [
      { metadata: { name: 'b' }, roleRef: { kind: 'ClusterRole', name: 'c' }, subjects: [{ kind: 'User', name: 'erin' }] },
    ],
  });
  return impersonate(createRbacAuthorizer(policy), {
    requestor: erin,
    wanted: wanted.user,
    request,
    ...(lastMode !== undefined && { lastMode }),
  });
};
const legacy = (...resources: readonly string[]): PolicyRule => ({ verbs: ['impersonate'], apiGroups: [''], resources });
const messageOf = (result: ImpersonationResult): string => (result.type === 'forbidden' ? result.status.message : 'allowed');

describe('somebody may be another user', () => {
  it('with the right of old on users, and has the common group then', () => {
    expect(become([legacy('users')], { 'impersonate-user': ['bob'] })).toEqual({
      type: 'allowed',
      mode: 'legacy',
      user: { username: 'bob', groups: ['system:authenticated'], extra: {} },
    });
  });

  it('with the rights of 1.36, which are on the request too', () => {
    const rules = [
      { verbs: ['impersonate:user-info'], apiGroups: ['authentication.k8s.io'], resources: ['users'] },
      { verbs: ['impersonate-on:user-info:get'], apiGroups: [''], resources: ['configmaps'] },
    ];
    expect(become(rules, { 'impersonate-user': ['bob'] })).toMatchObject({ type: 'allowed', mode: 'user-info' });
    expect(messageOf(become(rules.slice(1), { 'impersonate-user': ['bob'] }))).toBe(
      'users.authentication.k8s.io "bob" is forbidden: User "erin" cannot impersonate:user-info resource "users" in API group "authentication.k8s.io" at the cluster scope',
    );
  });

  it('and is refused in words of the request, or of the mode that worked last', () => {
    const headers = { 'impersonate-user': ['bob'] };
    expect(messageOf(become([], headers))).toBe(
      'configmaps "x" is forbidden: User "erin" cannot impersonate-on:user-info:get resource "configmaps" in API group "" in the namespace "n"',
    );
    expect(messageOf(become([], headers, 'legacy'))).toBe(
      'users "bob" is forbidden: User "erin" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
  });

  it('of whom each group, the uid and each extra value counts', () => {
    const headers = {
      'impersonate-user': ['bob'],
      'impersonate-group': ['ops'],
      'impersonate-uid': ['u'],
      'impersonate-extra-acme.com%2fscopes': ['a', 'b'],
    };
    const all = [
      legacy('users', 'groups'),
      { verbs: ['impersonate'], apiGroups: ['authentication.k8s.io'], resources: ['uids', 'userextras/acme.com/scopes'] },
    ];
    expect(become(all, headers)).toMatchObject({
      user: { username: 'bob', uid: 'u', groups: ['ops', 'system:authenticated'], extra: { 'acme.com/scopes': ['a', 'b'] } },
    });
    expect(become([legacy('users')], headers, 'legacy')).toMatchObject({ status: { details: { kind: 'uids', name: 'u' } } });
  });

  it('which a service account is in the groups of its namespace', () => {
    expect(become([legacy('serviceaccounts')], { 'impersonate-user': ['system:serviceaccount:n:s'] })).toMatchObject({
      user: { groups: ['system:serviceaccounts', 'system:serviceaccounts:n', 'system:authenticated'] },
    });
  });
});

it.each([
  [
    { 'impersonate-group': ['ops'] },
    'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"ops"}, Extra:map[string][]string(nil)} without impersonating a user name',
  ],
  [
    { 'impersonate-uid': ['u'] },
    'requested &user.DefaultInfo{Name:"", UID:"u", Groups:[]string(nil), Extra:map[string][]string(nil)} without impersonating a user name',
  ],
  [
    { 'impersonate-extra-%zz': ['a'] },
    'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string(nil), Extra:map[string][]string{"%zz":[]string{"a"}}} without impersonating a user name',
  ],
])('%j without a user name is a bad request', (headers, message) =>
  expect(readImpersonationHeaders(headers)).toEqual({ type: 'badRequest', message }),
);
