import type { ParseArgsConfig } from 'node:util';
import type { CliIo } from './cli-io.js';

export interface CommandInput {
  /** Values of the options, by long name. */
  readonly options: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly operands: readonly string[];
}

/**
 * One verb of the command line. The table of all of them is read by every call, so what carries a verb out is loaded by `run`, and before anything
 * is done: a program that runs for months must not look for its files again when a new version has replaced them.
 */
export interface Command {
  /** `get`, `describe`, …; the first word after the program's name. */
  readonly name: string;
  /** Operands and options, as the usage line shows them. */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  /** Further lines of its help. */
  readonly details?: string;
  readonly options?: NonNullable<ParseArgsConfig['options']>;
  /** How many operands it takes at most, where what follows would be passed over in silence. */
  readonly maxOperands?: number;
  /** Reads its own arguments, as `run` does with the kubelet's flags. */
  readonly rawArguments?: true;
  /** Gives the exit status. */
  run(input: CommandInput, io: CliIo, argv: readonly string[]): Promise<number>;
}

/** The text value of an option. */
export const textOption = ({ options }: CommandInput, name: string): string | undefined => {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
};

export const flagOption = ({ options }: CommandInput, name: string): boolean => options[name] === true;

/** Every value of an option, whether it may be repeated or not. */
export const textsOption = ({ options }: CommandInput, name: string): readonly string[] =>
  [options[name]].flat().filter((value) => typeof value === 'string');
