import type { Values } from '../stored-object.js';
import { type StructSchema, serverSchema } from './server-schema.js';

/** The structures that Go prints of a value in which nothing is set: those that are no pointers. */
const emptyStruct = (struct: StructSchema): Values =>
  Object.fromEntries(
    struct.fields.flatMap(({ name, pointer, container, struct: inner }) =>
      pointer || container !== '' || inner === undefined ? [] : [[name, emptyStruct(inner)]],
    ),
  );

/** An object of a kind in which nothing is set, as Go prints it; without what every object has. */
export const emptyObject = (structName: string): Values => {
  const { metadata: _metadata, ...rest } = emptyStruct(serverSchema.struct(structName));
  return rest;
};
