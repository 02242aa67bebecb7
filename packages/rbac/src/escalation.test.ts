import { describe, expect, it } from 'vitest';
import { createRbacAuthorizer } from './authorizer.js';
import { defaultRbacObjects } from './default-objects.js';
import { createPolicy, type PolicyRule } from './policy.js';
import { checkRbacWrite } from './rbac-write.js';

const heidi = { username: 'heidi', groups: ['system:authenticated'] };
const pods = (...verbs: readonly string[]): PolicyRule => ({ verbs, apiGroups: [''], resources: ['pods'] });

/** What comes of heidi's write who holds these rules in the namespace `n`. */
const write = (held: readonly PolicyRule[], object: object, old?: object): ReturnType<typeof checkRbacWrite> => {
  const policy = createPolicy({
    clusterRoles: defaultRbacObjects().clusterRoles,
    roles: [
      { metadata: { name: 'r', namespace: 'n' }, rules: held },
      { metadata: { name: 'secrets', namespace: 'n' }, rules: [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }] },
    ],
    roleBindings: [
      { metadata: { name: 'b', namespace: 'n' }, roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'heidi' }] },
    ],
  });
  return checkRbacWrite(policy, createRbacAuthorizer(policy), {
    user: heidi,
    object,
    ...(old !== undefined && { old }),
    requestName: old === undefined ? '' : 'q',
    namespace: 'n',
  });
};
const role = (...rules: readonly PolicyRule[]): object => ({ kind: 'Role', metadata: { name: 'q', namespace: 'n' }, rules });
const binding = (kind: string, name: string): object => ({
  kind: 'RoleBinding',
  metadata: { name: 'm' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
});
const missing = (text: string): object => ({
  type: 'forbidden',
  message: `user "heidi" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n${text}`,
});
const ALLOWED = { type: 'allowed' };

describe('a role may be written by who', () => {
  it('holds all of it', () => {
    expect(write([pods('get', 'list')], role(pods('get')))).toEqual(ALLOWED);
    expect(
      write(
        [{ verbs: ['get'], apiGroups: [''], resources: ['*/status'] }],
        role({ verbs: ['get'], apiGroups: [''], resources: ['pods/status'] }),
      ),
    ).toEqual(ALLOWED);
    expect(write([pods('get')], role({ ...pods('get'), resourceNames: ['x'] }))).toEqual(ALLOWED);
    expect(write([{ verbs: ['get'], nonResourceURLs: ['/a/*'] }], role({ verbs: ['get'], nonResourceURLs: ['/a/b'] }))).toEqual(ALLOWED);
  });

  it('lacks none of it; otherwise what is missing is told, a line a resource', () => {
    expect(write([pods('get')], role(pods('get', 'list', 'watch'), { verbs: ['get'], nonResourceURLs: ['/x'] }))).toEqual(
      missing('{APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]}\n{NonResourceURLs:["/x"], Verbs:["get"]}'),
    );
    expect(write([{ ...pods('get'), resourceNames: ['x'] }], role(pods('get')))).toEqual(
      missing('{APIGroups:[""], Resources:["pods"], Verbs:["get"]}'),
    );
  });

  it('may escalate', () => {
    expect(write([{ verbs: ['escalate'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'] }], role(pods('get')))).toEqual(
      ALLOWED,
    );
  });

  it('changes nothing but owners and finalizers', () => {
    const old = { ...role(pods('get')), metadata: { name: 'q', namespace: 'n', finalizers: ['f'], managedFields: [{}] } };
    expect(write([], role(pods('get')), old)).toEqual(ALLOWED);
    expect(write([], { ...old, metadata: { name: 'q', namespace: 'n', labels: { a: 'b' } } }, old)).toEqual(
      missing('{APIGroups:[""], Resources:["pods"], Verbs:["get"]}'),
    );
  });

  it('may do everything, if others are aggregated into it', () => {
    const aggregated = { kind: 'ClusterRole', metadata: { name: 'q' }, rules: [], aggregationRule: { clusterRoleSelectors: [{}] } };
    expect(write([pods('get')], aggregated)).toEqual({
      type: 'forbidden',
      message: 'must have cluster-admin privileges to use the aggregationRule',
    });
    expect(
      write(
        [
          { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
          { verbs: ['*'], nonResourceURLs: ['*'] },
        ],
        aggregated,
      ),
    ).toEqual(ALLOWED);
  });
});

describe('a role may be bound by who', () => {
  it('holds all of it, or may bind it', () => {
    expect(write([{ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }], binding('Role', 'secrets'))).toEqual(ALLOWED);
    expect(
      write(
        [{ verbs: ['bind'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], resourceNames: ['secrets'] }],
        binding('Role', 'secrets'),
      ),
    ).toEqual(ALLOWED);
    expect(write([], binding('Role', 'secrets'))).toEqual(missing('{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'));
  });

  it('names one that exists', () => {
    expect(write([], binding('Role', 'nope'))).toMatchObject({ type: 'roleNotFound', name: 'nope' });
    expect(write([], binding('constructor', 'nope'))).toEqual({
      type: 'unsupportedRoleKind',
      message: 'unsupported role reference kind: "constructor"',
    });
  });
});
