import { cpus, release } from 'node:os';

/** Minimum, median and maximum of some runs. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly runs: number;
}

export const spread = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { min: sorted[0]!, median, max: sorted.at(-1)!, runs: sorted.length };
};

/** One line of the report. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly spread: Spread;
  /** What the issue asks for, in words. */
  readonly goal?: string;
}

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3));

/** A Markdown table, with the machine it was measured on. */
export const report = (figures: readonly Figure[]): string => {
  const rows = figures.map(
    ({ name, unit, spread: { min, median, max, runs }, goal = '' }) =>
      `| ${name} | ${digits(min)} | ${digits(median)} | ${digits(max)} | ${unit} | ${runs} | ${goal} |`,
  );
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}, kernel ${release()}, Node ${process.versions.node}`;
  return [
    `Measured on ${machine}.`,
    '',
    '| figure | min | median | max | unit | runs | goal |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
};
