import { schemaTable } from '@solo-kubelet/object-spec/rules';
import { createApiSchema, type FieldSchema, type StructSchema } from '@solo-kubelet/pod-spec/schema';
import { moreKinds } from './more-kinds.js';

/** Every structure that the server reads or keeps. */
export const serverSchema = createApiSchema(`${schemaTable.trimEnd()}\n${moreKinds.trimEnd()}`);

export type { FieldSchema, StructSchema };
