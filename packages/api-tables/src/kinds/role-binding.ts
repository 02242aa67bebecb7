import { ageOf } from '../age.js';
import { AGE_COLUMN, column, NAME_COLUMN, wideColumn } from '../column.js';
import type { CellContext, KindTable } from '../kind-table.js';
import { listAt, nameOf, textAt } from '../read-field.js';
import type { TableCell } from '../table.js';

const cells = (binding: unknown, { nowMs }: CellContext): readonly TableCell[] => {
  const named = (kind: string, name: (subject: unknown) => string): string =>
    listAt(binding, 'subjects')
      .filter((subject) => textAt(subject, 'kind') === kind)
      .map(name)
      .join(', ');
  return [
    nameOf(binding),
    `${textAt(binding, 'roleRef', 'kind')}/${textAt(binding, 'roleRef', 'name')}`,
    ageOf(binding, nowMs),
    named('User', (subject) => textAt(subject, 'name')),
    named('Group', (subject) => textAt(subject, 'name')),
    named('ServiceAccount', (subject) => `${textAt(subject, 'namespace')}/${textAt(subject, 'name')}`),
  ];
};

export const roleBindingTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column(
      'Role',
      'string',
      'RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.',
    ),
    AGE_COLUMN,
    wideColumn('Users', 'string', 'Users in the roleBinding'),
    wideColumn('Groups', 'string', 'Groups in the roleBinding'),
    wideColumn('ServiceAccounts', 'string', 'ServiceAccounts in the roleBinding'),
  ],
  cells,
};

export const clusterRoleBindingTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column(
      'Role',
      'string',
      'RoleRef can only reference a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.',
    ),
    AGE_COLUMN,
    wideColumn('Users', 'string', 'Users in the clusterRoleBinding'),
    wideColumn('Groups', 'string', 'Groups in the clusterRoleBinding'),
    wideColumn('ServiceAccounts', 'string', 'ServiceAccounts in the clusterRoleBinding'),
  ],
  cells,
};
