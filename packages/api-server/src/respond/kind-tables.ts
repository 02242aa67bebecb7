import { tableColumns, tableFor } from '@solo-kubelet/api-tables';
import { withoutPrintedAnnotations } from './object-answer.js';
import type { ObjectTables } from './object-tables.js';

/** The columns of Kubernetes' own kinds. */
export const kindTables: ObjectTables = {
  table: ({ group, kind }, objects, { nowMs, version, includeObject, metadata, headers }) => {
    const shown = includeObject === 'Metadata' ? objects.map(withoutPrintedAnnotations) : objects;
    const table = tableFor({ group, kind }, shown, {
      now: nowMs,
      includeObject,
      version: version === 'v1beta1' ? 'v1beta1' : 'v1',
      metadata,
      headers,
    });
    // The plain columns of kinds without any of their own are made by other code upstream, which leaves the list out.
    return table.rows.length === 0 && tableColumns({ group, kind })[1]?.name === 'Created At' ? { ...table, rows: null } : table;
  },
};
