import { escapeDocument } from '@solo-kubelet/diagnostics/text';
import { CliError } from '../cli-error.js';
import { JsonPathError, type JsonPathTemplate, parseJsonPath } from './json-path.js';
import { growingTable, type TableOptions } from './table.js';

/** How `-o` wants objects printed. */
export type OutputFormat =
  | { readonly type: 'table'; readonly wide: boolean }
  | { readonly type: 'json' | 'yaml' | 'name' }
  | { readonly type: 'jsonpath'; readonly template: JsonPathTemplate };

/** Reads the value of `-o`. @throws CliError CLI_USAGE */
export const parseOutputFormat = (text: string | undefined): OutputFormat => {
  if (text === undefined || text === 'wide') return { type: 'table', wide: text === 'wide' };
  if (text === 'json' || text === 'yaml' || text === 'name') return { type: text };
  if (text === 'jsonpath=')
    throw new CliError({ code: 'CLI_USAGE', message: '-o jsonpath= lacks its template', hint: "Write jsonpath='{.metadata.name}'." });
  if (text.startsWith('jsonpath=')) {
    try {
      return { type: 'jsonpath', template: parseJsonPath(text.slice('jsonpath='.length)) };
    } catch (error) {
      if (error instanceof JsonPathError)
        throw new CliError({ code: 'CLI_USAGE', message: `cannot read the JSONPath template: ${error.message}` });
      throw error;
    }
  }
  throw new CliError({
    code: 'CLI_USAGE',
    message: `unknown output format "${text}"`,
    hint: 'Use wide, json, yaml, name or jsonpath=TEMPLATE.',
  });
};

export interface ObjectPrinter<T> {
  readonly columns: readonly string[];
  readonly wideColumns?: readonly string[];
  row(object: T): readonly string[];
  /** Cells of `wideColumns`. */
  wideRow?(object: T): readonly string[];
  /** `pod/web-node1`. */
  name(object: T): string;
  readonly listKind: string;
}

export interface PrintOptions extends TableOptions {
  readonly format: OutputFormat;
  /** One object was asked for by name: print it, not a list of one. */
  readonly single?: boolean;
}

/** The text of some objects in the wanted form. */
export const printObjects = async <T extends object>(
  objects: readonly T[],
  printer: ObjectPrinter<T>,
  { format, single = false, ...table }: PrintOptions,
): Promise<string> => {
  if (format.type === 'name') return objects.map((object) => `${printer.name(object)}\n`).join('');
  if (format.type === 'table') return objectTable(printer, { ...table, wide: format.wide })(objects);
  const data: unknown = single && objects.length === 1 ? objects[0] : { apiVersion: 'v1', kind: printer.listKind, items: objects };
  if (format.type === 'jsonpath') return format.template(data);
  if (format.type === 'json') return escapeDocument(`${JSON.stringify(data, undefined, 4)}\n`);
  const { stringify } = await import('yaml');
  return escapeDocument(stringify(data, { aliasDuplicateObjects: false }));
};

/** A table of objects that may come in parts. */
export const objectTable = <T extends object>(
  printer: ObjectPrinter<T>,
  { wide, ...options }: TableOptions & { readonly wide: boolean },
): ((objects: readonly T[]) => string) => {
  const wideRow = wide ? printer.wideRow?.bind(printer) : undefined;
  const table = growingTable(wideRow ? [...printer.columns, ...(printer.wideColumns ?? [])] : printer.columns, options);
  return (objects) => table(objects.map((object) => (wideRow ? [...printer.row(object), ...wideRow(object)] : printer.row(object))));
};
