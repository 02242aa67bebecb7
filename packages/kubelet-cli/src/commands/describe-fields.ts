import type { EventObject } from '@solo-kubelet/node-api';
import { eventPrinter } from '../output/printers.js';
import { formatTable } from '../output/table.js';

const LABEL_WIDTH = 22;

/** `Label:   value`, the values below each other. */
export const field = (label: string, value: string, indent = 0): string =>
  `${' '.repeat(indent)}${(label === '' ? '' : `${label}:`).padEnd(LABEL_WIDTH - indent)}${value}\n`;

/** Who is in charge of a thing; nothing where nobody is. */
export const ownerLines = (owners: readonly { readonly kind: string; readonly name: string }[] = []): string =>
  owners.map(({ kind, name }) => field('Controlled By', `${kind}/${name}`)).join('');

/** Labels and the like, one a line, sorted. */
export const mapLines = (
  label: string,
  values: Readonly<Record<string, string>> | undefined,
  separator: string,
  shape = asItIs,
): string => {
  const entries = Object.entries(values ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return field(label, '<none>');
  return entries.map(([key, value], index) => field(index === 0 ? label : '', `${key}${shape(separator, value)}`)).join('');
};

const asItIs = (separator: string, value: string): string => `${separator}${value}`;

/** A value of several lines begins below its key. */
export const indented = (separator: string, value: string): string =>
  value.includes('\n') ? `${separator.trimEnd()}\n${value.replace(/^/gm, ' '.repeat(LABEL_WIDTH + 2))}` : asItIs(separator, value);

/** The events of a thing, as a table. */
export const describeEvents = (events: readonly EventObject[], now: () => number): string => {
  if (events.length === 0) return field('Events', '<none>');
  const { row } = eventPrinter({ now, withNamespace: false });
  const rows = events.map((event) => {
    const [seen = '', type = '', reason = '', , message = ''] = row(event);
    return [`  ${type}`, reason, seen, event.source?.component ?? 'kubelet', message];
  });
  return `Events:\n${formatTable(['  Type', 'Reason', 'Age', 'From', 'Message'], rows)}`;
};
