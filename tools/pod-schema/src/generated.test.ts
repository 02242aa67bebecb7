import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readTable } from './read-table.mjs';
import { writeDescriptions, writeTable, writeTypes } from './write-types.mjs';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const pods = readTable(read('../pod.schema'));
const objects = readTable(read('../objects.schema'), pods);

describe('the generated files', () => {
  it.each([
    ['pod-spec/src/gen/pod-types.ts', pods, writeTypes],
    ['pod-spec/src/gen/schema-table.ts', pods, writeTable],
    ['pod-spec/src/gen/descriptions.ts', pods, writeDescriptions],
    ['object-spec/src/gen/object-types.ts', objects, writeTypes],
    ['object-spec/src/gen/schema-table.ts', objects, writeTable],
    ['object-spec/src/gen/descriptions.ts', objects, writeDescriptions],
  ])('are up to date: %s', (name, table, write) => expect(read(`../../../packages/${name}`)).toBe(write(table)));

  it.each([
    ['pod.schema', pods],
    ['objects.schema', objects],
  ])('have words for every type and field of %s', (_name, table) => {
    const silent = Object.values(table.types).filter(({ doc, fields }) => doc === '' || fields.some((field) => field.doc === ''));
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});
