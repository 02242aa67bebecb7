import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readTable } from './read-table.mjs';
import { writeDescriptions, writeTable, writeTypes } from './write-types.mjs';

const pods = readTable(readFileSync(new URL('../pod.schema', import.meta.url), 'utf8'));
const objects = readTable(readFileSync(new URL('../objects.schema', import.meta.url), 'utf8'), pods);
for (const [table, name, types] of [
  [pods, 'pod-spec', 'pod-types.ts'],
  [objects, 'object-spec', 'object-types.ts'],
]) {
  const gen = new URL(`../../../packages/${name}/src/gen/`, import.meta.url);
  mkdirSync(gen, { recursive: true });
  writeFileSync(new URL(types, gen), writeTypes(table));
  writeFileSync(new URL('schema-table.ts', gen), writeTable(table));
  writeFileSync(new URL('descriptions.ts', gen), writeDescriptions(table));
}
