import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorise, createRbacAuthorizer } from './authorizer.js';
import { defaultRbacObjects } from './default-objects.js';
import { forbiddenStatus } from './forbidden.js';
import { createPolicy, type PolicyRule } from './policy.js';
import { type RequestLine, type ResourceAttributes, requestAttributesOf } from './request-attributes.js';
import { rulesReviewStatus } from './rules-for.js';
import type { UserInfo } from './user.js';

const alice: UserInfo = { username: 'alice', groups: ['dev', 'system:authenticated'] };
const asked = (method: string, url: string): RequestLine => {
  const { pathname, searchParams } = new URL(url, 'https://server');
  return { method, path: pathname, query: searchParams };
};
const attributes = (method: string, url: string): ReturnType<typeof requestAttributesOf> & object =>
  requestAttributesOf(asked(method, url))!;

/** A policy in which alice has one Role with these rules in the namespace `n`. */
const policyOf = (...rules: readonly PolicyRule[]): ReturnType<typeof createPolicy> =>
  createPolicy({
    roles: [{ metadata: { name: 'r', namespace: 'n' }, rules }],
    roleBindings: [
      { metadata: { name: 'b', namespace: 'n' }, roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'alice' }] },
    ],
  });
const allowed = (rule: PolicyRule, method: string, url: string): boolean =>
  authorise(policyOf(rule), alice, attributes(method, url)).allowed;

describe('a rule', () => {
  const pods = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] };

  it.each([
    ['allows what it names', pods, 'GET', '/api/v1/namespaces/n/pods/x', true],
    ['allows nothing in another namespace', pods, 'GET', '/api/v1/namespaces/m/pods/x', false],
    ['does not allow its subresources', pods, 'GET', '/api/v1/namespaces/n/pods/x/log', false],
    ['for pods/log allows logs alone', { ...pods, resources: ['pods/log'] }, 'GET', '/api/v1/namespaces/n/pods/x/log', true],
    ['for pods/* allows nothing', { ...pods, resources: ['pods/*'] }, 'GET', '/api/v1/namespaces/n/pods/x/log', false],
    ['for */log allows the log of anything', { ...pods, resources: ['*/log'] }, 'GET', '/api/v1/namespaces/n/pods/x/log', true],
    [
      'for * allows everything',
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      'PATCH',
      '/apis/apps/v1/namespaces/n/deployments/x/scale',
      true,
    ],
    ['counts verbs with their case', { ...pods, verbs: ['GET'] }, 'GET', '/api/v1/namespaces/n/pods/x', false],
    ['is for its API group', pods, 'GET', '/apis/metrics.k8s.io/v1/namespaces/n/pods/x', false],
    ['with names allows those', { ...pods, resourceNames: ['x'] }, 'GET', '/api/v1/namespaces/n/pods/x', true],
    ['with names allows no other', { ...pods, resourceNames: ['x'] }, 'GET', '/api/v1/namespaces/n/pods/y', false],
    ['with names allows no list', { ...pods, resourceNames: ['x'] }, 'GET', '/api/v1/namespaces/n/pods', false],
    [
      'with names allows a list of one of them',
      { ...pods, resourceNames: ['x'] },
      'GET',
      '/api/v1/namespaces/n/pods?fieldSelector=metadata.name%3Dx',
      true,
    ],
    [
      'with names allows a watch of one of them',
      { ...pods, resourceNames: ['x'] },
      'GET',
      '/api/v1/namespaces/n/pods?watch&fieldSelector=metadata.name%3Dx',
      true,
    ],
  ])('%s', (_what, rule, method, url, expected) => expect(allowed(rule, method, url)).toBe(expected));

  it.each([
    ['/healthz', '/healthz', true],
    ['/healthz', '/healthz/ping', false],
    ['/healthz/*', '/healthz/ping', true],
    ['/healthz/*', '/healthz', false],
    ['/met*', '/metrics', true],
    ['*', '/anything', true],
  ])('about %s says of %s: %s', (url, path, expected) => {
    const policy = createPolicy({
      clusterRoles: [{ metadata: { name: 'c' }, rules: [{ verbs: ['get'], nonResourceURLs: [url] }] }],
      clusterRoleBindings: [
        { metadata: { name: 'b' }, roleRef: { kind: 'ClusterRole', name: 'c' }, subjects: [{ kind: 'Group', name: 'dev' }] },
      ],
    });
    expect(authorise(policy, alice, attributes('GET', path)).allowed).toBe(expected);
  });
});

describe('a decision', () => {
  it('names the binding that allowed it', () => {
    const rule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
    expect(authorise(policyOf(rule), alice, attributes('GET', '/api/v1/namespaces/n/pods/x'))).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "b/n" of Role "r" to User "alice"',
    });
  });

  it('says which roles are missing', () => {
    const policy = createPolicy({
      roleBindings: [
        {
          metadata: { name: 'b', namespace: 'n' },
          roleRef: { kind: 'ClusterRole', name: 'gone' },
          subjects: [{ kind: 'User', name: 'alice' }],
        },
      ],
    });
    expect(authorise(policy, alice, attributes('GET', '/api/v1/namespaces/n/pods'))).toEqual({
      allowed: false,
      reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
    });
  });

  it('knows service accounts by the namespace of their binding', () => {
    const policy = createPolicy({
      roles: [{ metadata: { name: 'r', namespace: 'n' }, rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] }],
      roleBindings: [
        {
          metadata: { name: 'b', namespace: 'n' },
          roleRef: { kind: 'Role', name: 'r' },
          subjects: [{ kind: 'ServiceAccount', name: 's' }],
        },
      ],
    });
    const request = attributes('GET', '/api/v1/namespaces/n/pods/x');
    expect(authorise(policy, { username: 'system:serviceaccount:n:s', groups: [] }, request).allowed).toBe(true);
    expect(authorise(policy, { username: 'system:serviceaccount:m:s', groups: [] }, request).allowed).toBe(false);
  });

  it('is that of the default roles: anonymous users may ask for health, known ones for discovery', () => {
    const policy = createPolicy(defaultRbacObjects());
    const anonymous = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
    const may = (user: UserInfo, path: string): boolean => authorise(policy, user, attributes('GET', path)).allowed;
    expect(['/healthz', '/version', '/api', '/api/v1/pods'].map((path) => may(anonymous, path))).toEqual([true, true, false, false]);
    expect(['/healthz', '/version', '/api', '/api/v1/pods'].map((path) => may(alice, path))).toEqual([true, true, true, false]);
    expect(may({ username: 'root', groups: ['system:masters'] }, '/api/v1/pods')).toBe(true);
  });

  it('gives no right by the name of anything that all objects of JavaScript have', () => {
    const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'];
    const name = fc.constantFrom(...names);
    const policy = createPolicy(defaultRbacObjects());
    fc.assert(
      fc.property(name, name, name, name, name, (username, verb, resource, group, namespace) => {
        const request: ResourceAttributes = {
          type: 'resource',
          verb,
          apiGroup: group,
          resource,
          subresource: '',
          name: username,
          namespace,
        };
        expect(authorise(policy, { username, groups: [group] }, request)).toEqual({ allowed: false, reason: '' });
        expect(authorise(policy, { username, groups: [group] }, { type: 'path', verb, path: resource }).allowed).toBe(false);
        const garbage = createPolicy(
          JSON.parse(`{"roles":[{"metadata":{"${namespace}":1},"rules":{"${verb}":[]}}],"roleBindings":[null,{"subjects":"${username}"}]}`),
        );
        expect(authorise(garbage, { username, groups: [group] }, request).allowed).toBe(false);
      }),
      { numRuns: 100, seed: 23 },
    );
  });
});

it('refusals are told in the words of an API server', () => {
  const list = attributes('GET', '/apis/apps/v1/namespaces/y/deployments');
  expect(forbiddenStatus(alice, list)).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'deployments.apps is forbidden: User "alice" cannot list resource "deployments" in API group "apps" in the namespace "y"',
    reason: 'Forbidden',
    details: { group: 'apps', kind: 'deployments' },
    code: 403,
  });
  const log = attributes('GET', '/api/v1/namespaces/y/pods/p/log');
  expect(forbiddenStatus({ username: '<b>', groups: [] }, log, 'why').message).toBe(
    'pods "p" is forbidden: User "&lt;b&gt;" cannot get resource "pods/log" in API group "" in the namespace "y": why',
  );
  expect(forbiddenStatus(alice, attributes('POST', '/metrics')).message).toBe('forbidden: User "alice" cannot post path "/metrics"');
});

it.each([
  ['GET', '/api/v1/namespaces/n', { resource: 'namespaces', name: 'n', namespace: 'n', verb: 'get' }],
  ['PUT', '/api/v1/namespaces/n/finalize', { resource: 'namespaces', name: 'n', subresource: 'finalize', verb: 'update' }],
  ['DELETE', '/api/v1/nodes', { resource: 'nodes', name: '', verb: 'deletecollection' }],
  ['GET', '/api/v1/watch/namespaces/n/pods/p', { resource: 'pods', name: 'p', namespace: 'n', verb: 'watch' }],
  ['GET', '/api/v1/pods?watch=false', { resource: 'pods', verb: 'list' }],
  ['OPTIONS', '/api/v1/pods', { resource: 'pods', verb: '' }],
  ['GET', '/apis/apps/v1', { type: 'path', verb: 'get', path: '/apis/apps/v1' }],
])('%s %s is about %j', (method, url, expected) => expect(attributes(method, url)).toMatchObject(expected));

it('a review of rules tells them by kind', () => {
  const { rulesFor } = createRbacAuthorizer(
    policyOf({ verbs: ['get'], apiGroups: [''], resources: ['pods'] }, { verbs: ['get'], nonResourceURLs: ['/x'] }),
  );
  expect(rulesReviewStatus(rulesFor(alice, 'n'))).toEqual({
    resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }],
    incomplete: false,
  });
});
