import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readTable } from './read-table.mjs';
import { writeDescriptions, writeTable, writeTypes } from './write-types.mjs';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const table = readTable(read('../pod.schema'));
const gen = '../../../packages/pod-spec/src/gen/';

describe('the generated files', () => {
  it.each([
    ['pod-types.ts', writeTypes],
    ['schema-table.ts', writeTable],
    ['descriptions.ts', writeDescriptions],
  ])('are up to date: %s', (name, write) => expect(read(gen + name)).toBe(write(table)));

  it('have words for every type and field', () => {
    const silent = Object.values(table.types).filter(({ doc, fields }) => doc === '' || fields.some((field) => field.doc === ''));
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});
