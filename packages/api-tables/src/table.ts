/** What a column holds, as OpenAPI names it. */
export type ColumnType = 'string' | 'integer' | 'boolean' | 'number' | 'date';

export interface TableColumnDefinition {
  readonly name: string;
  readonly type: ColumnType;
  /** `name` marks the column that clients put the kind before (`pod/web`). */
  readonly format: string;
  readonly description: string;
  /** 0: always shown; 1: with `-o wide`. */
  readonly priority: number;
}

export type TableCell = string | number | boolean | null;

export interface TableRowCondition {
  readonly type: 'Completed';
  readonly status: 'True';
  readonly reason: string;
  readonly message: string;
}

export interface TableRow {
  readonly cells: readonly TableCell[];
  readonly conditions?: readonly TableRowCondition[];
  /** By `includeObject`: null, PartialObjectMetadata, or the object itself. */
  readonly object: unknown;
}

export interface TableListMeta {
  readonly resourceVersion?: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** `Table` of meta.k8s.io. */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: string;
  readonly metadata: TableListMeta;
  /** null without headers, as in the later events of a watch. */
  readonly columnDefinitions: readonly TableColumnDefinition[] | null;
  readonly rows: readonly TableRow[];
}
