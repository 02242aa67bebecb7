import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readTable } from './read-table.mjs';
import { writeDescriptions, writeTable, writeTypes } from './write-types.mjs';

const table = readTable(readFileSync(new URL('../pod.schema', import.meta.url), 'utf8'));
const gen = new URL('../../../packages/pod-spec/src/gen/', import.meta.url);
mkdirSync(gen, { recursive: true });
writeFileSync(new URL('pod-types.ts', gen), writeTypes(table));
writeFileSync(new URL('schema-table.ts', gen), writeTable(table));
writeFileSync(new URL('descriptions.ts', gen), writeDescriptions(table));
