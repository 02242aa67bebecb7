import { parseArgs } from 'node:util';
import { describeError } from '@solo-kubelet/diagnostics';
import { nearestName } from '@solo-kubelet/diagnostics/text';
import { CliError } from './cli-error.js';
import { type CliIo, print } from './cli-io.js';
import type { Command, CommandInput } from './command.js';
import { EXIT, exitStatusOf, isFailure } from './exit-status.js';

/** Runs one command line and gives the exit status. */
export type Main = (argv: readonly string[], io: CliIo) => Promise<number>;

/** What runs command lines of these commands. Called as `kubelet`, it is `run`. */
export const mainOf =
  (commands: readonly Command[]): Main =>
  async (argv, io) => {
    try {
      return await dispatch(commands, io.programName === 'kubelet' ? ['run', ...argv] : argv, io);
    } catch (error) {
      const status = exitStatusOf(error, io.interrupted);
      if (status !== EXIT.interrupted && status !== EXIT.terminated) report(error, io);
      return status;
    }
  };

const dispatch = async (commands: readonly Command[], [name, ...rest]: readonly string[], io: CliIo): Promise<number> => {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') return help(commands, rest[0], io);
  if (name === '--version') return dispatch(commands, ['version', ...rest], io);
  const command = commands.find((each) => each.name === name);
  if (command === undefined) throw unknownCommand(commands, name);
  if (command.rawArguments) return command.run({ options: {}, operands: [] }, io, rest);
  if (rest.includes('--help') || rest.includes('-h')) return help(commands, name, io);
  const { values, positionals } = parseCommandLine(command, rest);
  refuseSurplus(command, positionals);
  refuseEmpty(command, values);
  return command.run({ options: values, operands: positionals }, io, rest);
};

const parseCommandLine = (command: Command, argv: readonly string[]) => {
  try {
    return parseArgs({ args: [...argv], options: command.options ?? {}, allowPositionals: true, strict: true });
  } catch (error) {
    const message = (error as Error).message.split('. ')[0]!;
    const option = message.includes('argument is ambiguous') ? /--[\w-]+/.exec(message)?.[0] : undefined;
    throw option === undefined
      ? new CliError({ code: 'CLI_USAGE', message, hint: `kubelet-cli ${command.name} --help` })
      : new CliError({
          code: 'CLI_USAGE',
          message: `Option '${option}' argument missing: what follows begins with a dash, as options do`,
          hint: `If it is the value, write ${option}=VALUE.`,
        });
  }
};

const refuseSurplus = ({ name, maxOperands = Number.POSITIVE_INFINITY }: Command, operands: readonly string[]): void => {
  const surplus = operands[maxOperands];
  if (surplus !== undefined)
    throw new CliError({
      code: 'CLI_USAGE',
      message: `${name} does nothing with ${JSON.stringify(surplus)}`,
      hint: `kubelet-cli ${name} --help`,
    });
};

/** Where an empty text, such as that of a variable that is not set, would mean another place than the one that was meant. */
const NEVER_EMPTY = ['namespace', 'data-dir', 'root-dir', 'root', 'socket', 'server', 'runtime-endpoint'];

const refuseEmpty = ({ name }: Command, values: CommandInput['options']): void => {
  const empty = NEVER_EMPTY.find((option) => values[option] === '');
  if (empty !== undefined) throw new CliError({ code: 'CLI_USAGE', message: `--${empty} is empty`, hint: `kubelet-cli ${name} --help` });
};

const unknownCommand = (commands: readonly Command[], name: string): Error => {
  const guess = nearestName(
    name,
    commands.map((command) => command.name),
  );
  return new CliError({
    code: 'CLI_USAGE',
    message: `unknown command ${JSON.stringify(name)}`,
    hint: guess === undefined ? 'kubelet-cli help lists them all.' : `Did you mean ${guess}?`,
  });
};

const help = async (commands: readonly Command[], name: string | undefined, io: CliIo): Promise<number> => {
  const command = commands.find((each) => each.name === name);
  if (name !== undefined && command === undefined) throw unknownCommand(commands, name);
  // A command that reads its own arguments also knows best what they are.
  if (command?.rawArguments) return command.run({ options: {}, operands: [] }, io, ['--help']);
  print(
    io.stdout,
    command === undefined
      ? overview(commands)
      : `Usage: kubelet-cli ${command.name} ${command.usage}\n\n${command.summary}\n${command.details ?? ''}`,
  );
  return EXIT.done;
};

const overview = (commands: readonly Command[]): string => {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}   ${summary}\n`);
  return `Solo Kubelet: runs Kubernetes Pod manifests on one machine, without a control plane.\n\nUsage: kubelet-cli COMMAND [ARGUMENTS]\n\n${lines.join('')}\nkubelet-cli help COMMAND tells more.\n`;
};

/** Errors made to be told are one message and a hint; anything else is a bug and comes with its stack. */
const report = (error: unknown, io: CliIo): void => {
  const hint = isFailure(error) ? (error as { hint?: string }).hint : undefined;
  const text = isFailure(error) ? describeError(error) : error instanceof Error ? (error.stack ?? error.message) : String(error);
  print(io.stderr, `${text}\n${hint === undefined ? '' : `${hint}\n`}`);
};
