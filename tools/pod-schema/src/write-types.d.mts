import type { Table } from './read-table.mjs';
export const writeTypes: (table: Table) => string;
export const writeTable: (table: Table) => string;
export const writeDescriptions: (table: Table) => string;
