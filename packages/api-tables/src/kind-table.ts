import type { TableCell, TableColumnDefinition, TableRowCondition } from './table.js';

export interface CellContext {
  /** Milliseconds since 1970: ages are counted up to it. */
  readonly nowMs: number;
  /** Whether cells that have a short form show the long one. */
  readonly wide: boolean;
}

/** How objects of one kind are printed: a cell for each column, in their order. */
export interface KindTable {
  readonly columns: readonly TableColumnDefinition[];
  readonly cells: (object: unknown, context: CellContext) => readonly TableCell[];
  readonly conditions?: (object: unknown) => readonly TableRowCondition[] | undefined;
}
