import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { escapeDocument, withoutControls } from '@solo-kubelet/diagnostics/text';
import picocolors from 'picocolors';
import { pino } from 'pino';

export interface LoggerOptions {
  readonly output: { write(text: string): unknown };
  /** The kubelet's -v: 4 and more tell details, 6 and more everything. Default 0. */
  readonly verbosity?: number;
  /** Only warnings and errors. Default false. */
  readonly quiet?: boolean;
  /** One line a record for people instead of JSON. */
  readonly human: boolean;
  readonly color?: boolean;
}

/** Structured records on one output: JSON, or lines for a terminal. Error values are written as their messages. */
export const createLogger = ({ output, verbosity = 0, quiet = false, human, color = false }: LoggerOptions): Logger => {
  const level = quiet ? 'warn' : verbosity >= 6 ? 'trace' : verbosity >= 4 ? 'debug' : 'info';
  const write = human
    ? (line: string) => output.write(humanLine(JSON.parse(line), color))
    : (line: string) => output.write(escapeDocument(line));
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }), log: withoutOwnKeys },
      serializers: { err: (error: unknown) => describeError(error) },
    },
    { write },
  );
};

/** The keys that every record has of its own, and what a fact of that name is called instead: JSON with a key twice loses one of them. */
const OWN_KEYS: ReadonlyMap<string, string> = new Map([
  ['level', 'detailLevel'],
  ['time', 'detailTime'],
  ['message', 'detail'],
]);

const withoutOwnKeys = (fields: Record<string, unknown>): Record<string, unknown> => {
  if (![...OWN_KEYS.keys()].some((key) => Object.hasOwn(fields, key))) return fields;
  const free = (name: string): string => (Object.hasOwn(fields, name) ? free(`${name}_`) : name);
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [OWN_KEYS.has(key) ? free(OWN_KEYS.get(key)!) : key, value]));
};

interface LogRecord {
  readonly level: string;
  readonly time: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

const humanLine = ({ level, time, message, ...fields }: LogRecord, color: boolean): string => {
  const colors = picocolors.createColors(color);
  const paint = { warn: colors.yellow, error: colors.red, debug: colors.dim, trace: colors.dim }[level] ?? ((text: string) => text);
  const facts = Object.entries(fields).map(([name, value]) => `${colors.dim(`${name}=`)}${withoutControls(shown(value))}`);
  return `${colors.dim(time.slice(11, 19))} ${paint(level.toUpperCase().padEnd(5))} ${[withoutControls(message), ...facts].join('  ')}\n`;
};

const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[\s"]/.test(text) && !text.startsWith('"') ? JSON.stringify(text) : text;
};
