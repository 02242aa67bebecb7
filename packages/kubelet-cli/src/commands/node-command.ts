import { parseGoDuration } from '@solo-kubelet/diagnostics/text';
import { CliError } from '../cli-error.js';
import type { CliIo } from '../cli-io.js';
import { NODE_OPTIONS_HELP, nodeOptions } from '../client/node-options.js';
import { type Command, type CommandInput, flagOption, textOption, textsOption } from '../command.js';
import { interruptedStatus } from '../exit-status.js';
import type { VerbContext } from './verb-context.js';

export const namespaceOption = { namespace: { type: 'string', short: 'n' } } as const;
/** Of commands that list. */
export const namespaceOptions = { ...namespaceOption, 'all-namespaces': { type: 'boolean', short: 'A' } } as const;

/** A command that asks a node: reads its arguments, loads the verb, connects, and lets an interrupt end it. */
export const nodeCommand = <Options>(
  facts: Pick<Command, 'name' | 'usage' | 'summary' | 'details' | 'options' | 'maxOperands'>,
  read: (input: CommandInput) => Options,
  load: () => Promise<(options: Options, context: VerbContext) => Promise<number>>,
): Command => ({
  ...facts,
  details: `${facts.details ?? ''}${NODE_OPTIONS_HELP}`,
  options: { ...nodeOptions, ...facts.options },
  run: async (input, io: CliIo) => {
    const options = read(input);
    const [verb, { connectNode }] = await Promise.all([load(), import('../client/connect.js')]);
    await using client = await connectNode(input, io);
    const status = await verb(options, { client, io, signal: io.interrupted, now: Date.now });
    return io.interrupted.aborted ? interruptedStatus(io.interrupted) : status;
  },
});

export const namespaceOf = (input: CommandInput) => ({
  ...given('namespace', textOption(input, 'namespace')),
  allNamespaces: flagOption(input, 'all-namespaces'),
});

const LARGEST = 2 ** 31 - 1;

/** The value of an option that takes a number, of 31 bits as Kubernetes' own are. @throws CliError CLI_USAGE */
export const numberOption = (input: CommandInput, name: string): number | undefined => {
  const [text] = textsOption(input, name);
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= LARGEST)) throw usage(`--${name} takes a number from 0 to ${LARGEST}, not ${JSON.stringify(text)}`);
  return value;
};

/** `{ [name]: value }`, or nothing when there is no value: optional properties are left out, not set to undefined. */
export const given = <Name extends string, Value>(name: Name, value: Value | undefined): { readonly [Key in Name]?: Value } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]: Value });

export const usage = (message: string): Error => new CliError({ code: 'CLI_USAGE', message });

/** The value of an option that takes a duration such as 5m, in ms. @throws CliError CLI_USAGE */
export const durationOption = (input: CommandInput, name: string): number | undefined => {
  const text = textOption(input, name);
  const ms = text === undefined ? undefined : parseGoDuration(text);
  if (text !== undefined && (ms === undefined || ms < 0)) throw usage(`--${name} takes a duration such as 5m, not ${JSON.stringify(text)}`);
  return ms;
};

/** The value of an option that takes a time. @throws CliError CLI_USAGE */
export const timeOption = (input: CommandInput, name: string): string | undefined => {
  const text = textOption(input, name);
  if (text !== undefined && (!RFC_3339.test(text) || Number.isNaN(Date.parse(text))))
    throw usage(`--${name} takes a time such as 2026-01-31T12:00:00Z, not ${JSON.stringify(text)}`);
  return text;
};

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
