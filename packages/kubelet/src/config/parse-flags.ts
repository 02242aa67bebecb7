import { nearestName } from '@solo-kubelet/diagnostics/text';
import { KubeletError } from '../process/kubelet-error.js';
import { type FlagSpec, flagTable } from './flag-table.js';

export interface ParsedFlags {
  /** Every given value of each flag, by its long name, in order. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** One line for each given flag that no longer means anything. */
  readonly warnings: readonly string[];
}

/**
 * Reads arguments as Go's pflag does: `--name value`, `--name=value`, `--truth`, `--truth=false`, `-v4`, `-v=4`, `-v 4`, `--` ends flags;
 * `_` in a name counts as `-`.
 * @throws KubeletError KUBELET_USAGE for an unknown flag, a missing value, a stray argument or a value that is refused
 */
export const parseFlags = (argv: readonly string[], table: Readonly<Record<string, FlagSpec>> = flagTable): ParsedFlags => {
  const shorthands = new Map(
    Object.entries(table).flatMap(([name, { shorthand }]) => (shorthand === undefined ? [] : [[shorthand, name] as const])),
  );
  const values = new Map<string, string[]>();
  const rest = [...argv];
  const add = (name: string, written: string, value: string | undefined): void => {
    const spec = Object.hasOwn(table, name) ? table[name] : undefined;
    if (spec === undefined) throw unknownFlag(written, table);
    const given = value ?? (spec.kind === 'truth' ? 'true' : rest.shift());
    if (given === undefined) throw usage(`flag needs an argument: ${written}`);
    values.set(name, [...(values.get(name) ?? []), given]);
  };
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === '--') {
      if (rest.length > 0) throw usage(`unknown command ${JSON.stringify(rest[0])}`);
    } else if (argument.startsWith('--')) {
      const [, name = '', value] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(argument)!;
      add(name.replaceAll('_', '-'), `--${name}`, value);
    } else if (argument.startsWith('-') && argument.length > 1) {
      const written = argument.slice(0, 2);
      const name = shorthands.get(written.slice(1));
      if (name === undefined) throw usage(`unknown shorthand flag: ${JSON.stringify(written.slice(1))} in ${argument}`);
      const value = argument.slice(2).replace(/^=/, '');
      add(name, written, argument.length > 2 ? value : undefined);
    } else {
      throw usage(`unknown command ${JSON.stringify(argument)}`);
    }
  }
  return { values, warnings: deadFlags(values, table) };
};

const deadFlags = (values: ReadonlyMap<string, readonly string[]>, table: Readonly<Record<string, FlagSpec>>): readonly string[] =>
  [...values].flatMap(([name, given]) => {
    const spec = table[name]!;
    if (spec.type !== 'dead') return [];
    const refusal = spec.refuse?.(given.at(-1)!);
    if (refusal !== undefined) throw usage(`--${name}: ${refusal}`);
    return [`--${name} has no effect: ${spec.why}`];
  });

const unknownFlag = (written: string, table: Readonly<Record<string, FlagSpec>>): Error => {
  const guess = nearestName(written.slice(2), Object.keys(table));
  return usage(`unknown flag: ${written}`, guess === undefined ? undefined : `Did you mean --${guess}?`);
};

const usage = (message: string, hint?: string): Error => new KubeletError({ code: 'KUBELET_USAGE', message, ...(hint ? { hint } : {}) });
