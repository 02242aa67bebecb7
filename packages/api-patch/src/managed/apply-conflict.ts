import { type FieldSet, memberPaths } from '../fields/field-set.js';
import { type Path, showPath } from '../fields/path-element.js';
import { PatchRefusal } from '../patch-error.js';
import type { Manager, Managers } from './managed-fields.js';

/** One field that an apply sets and another manager owns. */
export interface ApplyConflict {
  readonly id: string;
  readonly manager: Manager;
  readonly path: Path;
}

/** Conflicts in the order of the managers' identities, and then of fieldsV1. */
export const listConflicts = (managers: Managers, conflicts: ReadonlyMap<string, FieldSet>): readonly ApplyConflict[] =>
  [...conflicts]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([id, fields]) => memberPaths(fields).map((path) => ({ id, manager: managers.get(id) as Manager, path })));

const describeManager = ({ manager, subresource, operation, apiVersion }: Manager): string => {
  const name = `${JSON.stringify(manager)}${subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`}`;
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
};

const message = (conflicts: readonly ApplyConflict[]): string => {
  const [first] = conflicts;
  if (first !== undefined && conflicts.length === 1)
    return `Apply failed with 1 conflict: conflict with ${describeManager(first.manager)}: ${showPath(first.path)}`;
  const lines = conflicts.flatMap(({ id, manager, path }, index) => [
    ...(conflicts[index - 1]?.id === id ? [] : [`conflicts with ${describeManager(manager)}:`]),
    `- ${showPath(path)}`,
  ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
};

/** The refusal of an apply that others' fields are in the way of. */
export const conflictRefusal = (conflicts: readonly ApplyConflict[]): PatchRefusal =>
  new PatchRefusal({
    type: 'applyConflict',
    code: 409,
    reason: 'Conflict',
    message: message(conflicts),
    causes: conflicts.map(({ manager, path }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${describeManager(manager)}`,
      field: showPath(path),
    })),
  });
