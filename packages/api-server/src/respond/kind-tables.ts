import { tableFor } from '@solo-kubelet/api-tables';
import type { ObjectTables } from './object-tables.js';

/** The columns of Kubernetes' own kinds. */
export const kindTables: ObjectTables = {
  table: ({ group, kind }, objects, { nowMs, version, includeObject, metadata, headers }) =>
    tableFor({ group, kind }, objects, {
      now: nowMs,
      includeObject,
      version: version === 'v1beta1' ? 'v1beta1' : 'v1',
      metadata,
      headers,
    }),
};
