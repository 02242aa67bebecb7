import { expect, it } from 'vitest';
import { type AggregatableRole, aggregateClusterRoles, aggregateRules } from './aggregate.js';
import { createRbacAuthorizer } from './authorizer.js';
import { defaultRbacObjects } from './default-objects.js';
import { createPolicy } from './policy.js';

it('view, edit and admin have the rules of what is aggregated into them, view within edit within admin', () => {
  const clusterRoles = aggregateClusterRoles(defaultRbacObjects().clusterRoles);
  const may = (role: string, verb: string, apiGroup: string, resource: string): boolean => {
    const bound = {
      metadata: { name: 'b', namespace: 'n' },
      roleRef: { kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'User', name: 'u' }],
    };
    const authorizer = createRbacAuthorizer(createPolicy({ clusterRoles, roleBindings: [bound] }));
    return authorizer.authorize(
      { username: 'u', groups: [] },
      { type: 'resource', verb, apiGroup, resource, subresource: '', name: '', namespace: 'n' },
    ).allowed;
  };
  const roles = ['view', 'edit', 'admin'];
  expect(roles.map((role) => may(role, 'list', '', 'pods'))).toEqual([true, true, true]);
  expect(roles.map((role) => may(role, 'list', '', 'secrets'))).toEqual([false, true, true]);
  expect(roles.map((role) => may(role, 'create', 'apps', 'deployments'))).toEqual([false, true, true]);
  expect(roles.map((role) => may(role, 'create', 'rbac.authorization.k8s.io', 'roles'))).toEqual([false, false, true]);
});

it('a role of its own rules is left as it is, and each rule is gathered once', () => {
  const rule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
  const part = (name: string): AggregatableRole => ({
    metadata: { name, labels: { part: 'yes' } },
    rules: [rule],
  });
  const whole = {
    metadata: { name: 'whole', labels: { part: 'yes' } },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] },
  };
  expect(aggregateRules(whole, [whole, part('a'), part('b')])).toEqual([rule]);
  expect(aggregateRules(part('a'), [part('b')])).toBeUndefined();
});

it('the default objects are those of 1.36: 70 ClusterRoles, 51 bindings of them, 7 Roles and 7 bindings', () => {
  const { clusterRoles, clusterRoleBindings, roles, roleBindings } = defaultRbacObjects();
  expect([clusterRoles.length, clusterRoleBindings.length, roles.length, roleBindings.length]).toEqual([70, 51, 7, 7]);
  expect(clusterRoles.find(({ metadata }) => metadata.name === 'system:certificates.k8s.io:kubelet-serving-approver')?.rules).toEqual([
    { verbs: ['approve'], apiGroups: ['certificates.k8s.io'], resources: ['signers'], resourceNames: ['kubernetes.io/kubelet-serving'] },
  ]);
  expect(clusterRoles.find(({ metadata }) => metadata.name === 'view')).toMatchObject({
    rules: null,
    metadata: { labels: { 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' } },
  });
});
