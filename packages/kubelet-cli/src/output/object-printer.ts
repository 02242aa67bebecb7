import { tableFor } from '@solo-kubelet/api-tables';
import type { ObjectKind } from '@solo-kubelet/object-spec/kinds';
import type { NodeApiObject } from '../client/node-client.js';
import { objectName } from './object-name.js';
import type { ObjectPrinter } from './print-objects.js';
import type { PrinterOptions } from './printers.js';

export interface ObjectPrinterOptions extends PrinterOptions {
  /** The name with its kind before it, as where several kinds are listed. Default false. */
  readonly withKind?: boolean;
}

/** Columns and cells of any kind, as kubectl prints them. */
export const objectPrinter = (
  kind: ObjectKind,
  { now, withNamespace, withKind = false }: ObjectPrinterOptions,
): ObjectPrinter<NodeApiObject> => {
  const definitions = (wide: boolean) => tableFor(kind, [], { now: 0, wide }).columnDefinitions ?? [];
  const columns = definitions(false).map(({ name }) => name.toUpperCase());
  const wideColumns = definitions(true)
    .map(({ name }) => name.toUpperCase())
    .filter((name) => !columns.includes(name));
  const cells = (object: NodeApiObject, wide: boolean): readonly string[] => {
    const row = tableFor(kind, [object], { now: now(), wide }).rows[0]?.cells ?? [];
    return row.map((cell) => (cell === null ? '' : String(cell)));
  };
  const namespaced = withNamespace && kind.namespaced;
  return {
    columns: [...(namespaced ? ['NAMESPACE'] : []), ...columns],
    wideColumns,
    row: (object) => {
      const [name = '', ...rest] = cells(object, false);
      return [...(namespaced ? [object.metadata.namespace ?? ''] : []), withKind ? objectName(kind, name) : name, ...rest];
    },
    wideRow: (object) => {
      const names = definitions(true).map(({ name }) => name.toUpperCase());
      const all = cells(object, true);
      return wideColumns.map((column) => all[names.indexOf(column)] ?? '');
    },
    name: ({ metadata }) => objectName(kind, metadata.name),
    listKind: 'List',
  };
};
