import { createApiSchema } from '@solo-kubelet/pod-spec/schema';
import { schemaTable } from './gen/schema-table.js';

/** The structures of all kinds, those of Pods among them. */
export const objectSchema = createApiSchema(schemaTable);
