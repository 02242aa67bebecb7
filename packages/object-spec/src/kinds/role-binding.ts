import { type Draft, dnsSubdomainErrors, type Report } from '@solo-kubelet/pod-spec/schema';
import type { ClusterRoleBinding, RoleBinding, RoleRef, Subject } from '../gen/object-types.js';
import { rbacNameErrors } from '../object/prepare-metadata.js';
import { isSameField } from '../object/same-value.js';
import type { KindRules } from './kind-rules.js';

const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** A RoleBinding or a ClusterRoleBinding. */
type Binding = RoleBinding | ClusterRoleBinding;

const fillDefaults = (binding: Draft<Binding>): void => {
  for (const subject of binding.subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= RBAC_GROUP;
  }
  binding.roleRef ??= { apiGroup: '', kind: '', name: '' };
  binding.roleRef.apiGroup ||= RBAC_GROUP;
};

const validateRoleRef = ({ apiGroup = '', kind = '', name = '' }: RoleRef, kinds: readonly string[], report: Report): void => {
  if (apiGroup !== RBAC_GROUP) report.notSupported('roleRef.apiGroup', apiGroup, [RBAC_GROUP]);
  if (!kinds.includes(kind)) report.notSupported('roleRef.kind', kind, kinds);
  if (name === '') report.required('roleRef.name');
  else report.invalidEach('roleRef.name', name, rbacNameErrors(name, false));
};

const validateSubject = (subject: Subject, namespaced: boolean, field: string, report: Report): void => {
  const { kind = '', apiGroup = '', name = '', namespace = '' } = subject;
  if (name === '') report.required(`${field}.name`);
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') report.invalidEach(`${field}.name`, name, dnsSubdomainErrors(name));
      if (apiGroup !== '') report.notSupported(`${field}.apiGroup`, apiGroup, ['']);
      if (!namespaced && namespace === '') report.required(`${field}.namespace`);
      break;
    case 'User':
    case 'Group':
      if (apiGroup !== RBAC_GROUP) report.notSupported(`${field}.apiGroup`, apiGroup, [RBAC_GROUP]);
      break;
    default:
      report.notSupported(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group']);
  }
};

const bindingRules = (
  kind: 'RoleBinding' | 'ClusterRoleBinding',
  { namespaced, roleKinds }: { readonly namespaced: boolean; readonly roleKinds: readonly string[] },
): KindRules<Binding> => {
  const validate = ({ roleRef, subjects = [] }: Binding, report: Report): void => {
    validateRoleRef(roleRef, roleKinds, report);
    for (const [i, subject] of subjects.entries()) validateSubject(subject, namespaced, `subjects[${i}]`, report);
  };
  return {
    nameErrors: rbacNameErrors,
    countsGeneration: false,
    updateChecksMetadata: true,
    fillDefaults,
    validate,
    validateUpdate: (binding, old, report) => {
      validate(binding, report);
      if (!isSameField(kind, 'roleRef', binding, old)) {
        const { apiGroup = '', kind: refKind, name } = binding.roleRef;
        report.invalidStructure('roleRef', { APIGroup: apiGroup, Kind: refKind, Name: name }, 'cannot change roleRef');
      }
    },
  };
};

export const roleBindingRules = bindingRules('RoleBinding', { namespaced: true, roleKinds: ['Role', 'ClusterRole'] });

export const clusterRoleBindingRules = bindingRules('ClusterRoleBinding', { namespaced: false, roleKinds: ['ClusterRole'] });
