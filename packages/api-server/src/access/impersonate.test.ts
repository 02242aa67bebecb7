import { createPolicy, createRbacAuthorizer } from '@solo-kubelet/rbac';
import { expect, it } from 'vitest';
import { readRequestInfo } from '../request/request-info.js';
import { ApiError } from '../status/api-error.js';
import { type Authorizer, allowAll } from './authorizer.js';
import { impersonate } from './impersonate.js';
import { requestOf } from './request-of.js';

const erin = { username: 'erin', groups: ['system:authenticated'] };
const info = readRequestInfo('GET', '/api/v1/namespaces/n/configmaps/x', new URLSearchParams());
const request = (headers: Readonly<Record<string, string | readonly string[]>>) => ({
  method: 'GET',
  target: '/',
  headers,
  body: new Uint8Array(),
  nowMs: 0,
});

/** Erin may impersonate this kind of users by the right of old. */
const legacy = (resource: string): Authorizer => {
  const { authorize } = createRbacAuthorizer(
    createPolicy({
      clusterRoles: [{ metadata: { name: 'c' }, rules: [{ verbs: ['impersonate'], apiGroups: [''], resources: [resource] }] }],
      clusterRoleBindings: [
        { metadata: { name: 'b' }, roleRef: { kind: 'ClusterRole', name: 'c' }, subjects: [{ kind: 'User', name: 'erin' }] },
      ],
    }),
  );
  return { ...allowAll, decide: (attributes) => authorize(attributes.user, requestOf(attributes)) };
};

it('a user is another one for a request, with the groups that were asked for', () => {
  const headers = { 'impersonate-user': 'bob', 'impersonate-group': ['a', 'b'] };
  expect(impersonate(allowAll, erin, request(headers), info, new Map())).toMatchObject({
    username: 'bob',
    groups: ['a', 'b', 'system:authenticated'],
  });
  expect(impersonate(allowAll, erin, request({}), info, new Map())).toBe(erin);
});

it('a refusal is in the words of the way that worked last for this user', () => {
  const modes = new Map();
  const attempt = (headers: Readonly<Record<string, string>>): string => {
    try {
      return impersonate(legacy('serviceaccounts'), erin, request(headers), info, modes).username;
    } catch (error) {
      return error instanceof ApiError ? error.message : String(error);
    }
  };
  const bob = { 'impersonate-user': 'bob' };
  expect(attempt(bob)).toBe(
    'configmaps "x" is forbidden: User "erin" cannot impersonate-on:user-info:get resource "configmaps" in API group "" in the namespace "n"',
  );
  expect(attempt({ 'impersonate-user': 'system:serviceaccount:n:s' })).toBe('system:serviceaccount:n:s');
  expect(attempt(bob)).toBe(
    'users "bob" is forbidden: User "erin" cannot impersonate resource "users" in API group "" at the cluster scope',
  );
});

it('groups or a uid without a name are a bad request', () => {
  expect(() => impersonate(allowAll, erin, request({ 'impersonate-uid': 'u' }), info, new Map())).toThrow(
    'without impersonating a user name',
  );
});
