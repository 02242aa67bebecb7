import type { Values } from '../stored-object.js';
import { type StructSchema, serverSchema } from './server-schema.js';

const ZEROS: Readonly<Record<string, unknown>> = { string: '', int32: 0, int64: 0, bool: false };

/** What Go prints of a value in which nothing is set: structures that are no pointers, and texts and numbers that are not left out. */
const emptyStruct = (struct: StructSchema): Values =>
  Object.fromEntries(
    struct.fields.flatMap(({ name, optional, pointer, container, base, struct: inner }) => {
      if (pointer || container !== '') return [];
      if (inner !== undefined) return [[name, emptyStruct(inner)]];
      return optional || ZEROS[base] === undefined ? [] : [[name, ZEROS[base]]];
    }),
  );

/** An object of a kind in which nothing is set, as Go prints it; without what every object has. */
export const emptyObject = (structName: string): Values => {
  const { metadata: _metadata, ...rest } = emptyStruct(serverSchema.struct(structName));
  return rest;
};
