export { humanDuration } from '@solo-kubelet/diagnostics/text';
export type { GroupKind } from './kind-tables.js';
export { computePodSummary, type PodSummary } from './kinds/pod.js';
export type { ColumnType, Table, TableCell, TableColumnDefinition, TableListMeta, TableRow, TableRowCondition } from './table.js';
export { type IncludeObject, partialObjectMetadata, type TableOptions, tableColumns, tableFor } from './table-for.js';
