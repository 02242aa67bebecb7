import type { CellContext } from './kind-table.js';
import { type GroupKind, kindTableOf } from './kind-tables.js';
import { fieldAt } from './read-field.js';
import type { Table, TableColumnDefinition, TableListMeta, TableRow } from './table.js';

/** What a row carries beside its cells. Metadata is what a client that says nothing gets. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  /** Ages are counted up to it, ms since 1970. */
  readonly now: number;
  /** false: columns of priority 1 are left out and long cells cut, for printing here. Default true, as an API server answers. */
  readonly wide?: boolean;
  /** Default `Metadata`. */
  readonly includeObject?: IncludeObject;
  /** Version of meta.k8s.io that was asked for. Default `v1`. */
  readonly version?: 'v1' | 'v1beta1';
  /** Of the list, or of the one object. */
  readonly metadata?: TableListMeta;
  /** false: `columnDefinitions` is null, as in later events of a watch. Default true. */
  readonly headers?: boolean;
}

/** The columns of a kind, wide ones among them. */
export const tableColumns = (kind: GroupKind): readonly TableColumnDefinition[] => kindTableOf(kind).columns;

/** Objects of one kind as a Table: a row for each. Objects may be any JSON; this never throws. */
export const tableFor = (kind: GroupKind, objects: readonly unknown[], options: TableOptions): Table => {
  const { now, wide = true, includeObject = 'Metadata', version = 'v1', metadata = {}, headers = true } = options;
  const { columns, cells, conditions } = kindTableOf(kind);
  const isShown = (index: number): boolean => wide || columns[index]!.priority === 0;
  const context: CellContext = { nowMs: now, wide };
  const apiVersion = `meta.k8s.io/${version}`;
  return {
    kind: 'Table',
    apiVersion,
    metadata,
    columnDefinitions: headers ? columns.filter((_, index) => isShown(index)) : null,
    rows: objects.map((object): TableRow => {
      const rowConditions = conditions?.(object);
      return {
        cells: cells(object, context).filter((_, index) => isShown(index)),
        ...(rowConditions !== undefined && { conditions: rowConditions }),
        object: rowObject(object, includeObject, apiVersion),
      };
    }),
  };
};

const rowObject = (object: unknown, includeObject: IncludeObject, apiVersion: string): unknown => {
  if (includeObject === 'None') return null;
  return includeObject === 'Object' ? object : partialObjectMetadata(object, apiVersion);
};

/** An object's metadata alone, as clients get with `as=PartialObjectMetadata`. */
export const partialObjectMetadata = (
  object: unknown,
  apiVersion = 'meta.k8s.io/v1',
): { kind: 'PartialObjectMetadata'; apiVersion: string; metadata: unknown } => ({
  kind: 'PartialObjectMetadata',
  apiVersion,
  metadata: fieldAt(object, 'metadata') ?? {},
});
