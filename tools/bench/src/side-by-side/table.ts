import { cpus, release } from 'node:os';
import { type Spread, spread } from '../figures.js';
import { FLOOR, type Measured } from './rounds.js';

/** One figure of every participant. */
export interface Row {
  readonly figure: string;
  readonly unit: Measured['unit'];
  readonly values: ReadonlyMap<string, Spread>;
}

/** Values of rounds by figure and participant, in the order in which they were first measured. */
export const rowsOf = (measured: readonly Measured[]): readonly Row[] => {
  const byFigure = new Map<string, { unit: Measured['unit']; values: Map<string, number[]> }>();
  for (const { figure, unit, participant, value } of measured) {
    const row = byFigure.get(figure) ?? { unit, values: new Map<string, number[]>() };
    byFigure.set(figure, row);
    row.values.set(participant, [...(row.values.get(participant) ?? []), value]);
  }
  return [...byFigure].map(([figure, { unit, values }]) => ({
    figure,
    unit,
    values: new Map([...values].map(([name, own]) => [name, spread(own)])),
  }));
};

/** Median of ours over the median of another; undefined where either was not measured or is nothing. */
export const ratio = (row: Row, ours: string, other: string): number | undefined => {
  const [own, theirs] = [row.values.get(ours)?.median, row.values.get(other)?.median];
  return own === undefined || theirs === undefined || theirs <= 0 ? undefined : own / theirs;
};

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const shown = (value: Spread | undefined, unit: string): string =>
  value === undefined
    ? ''
    : `${digits(value.median)} ${unit === '% of a core' ? '%' : unit}${value.runs > 1 ? ` (${digits(value.min)} to ${digits(value.max)})` : ''}`;

/** A Markdown table: median (minimum to maximum), with the ratio of ours to each of the others. */
export const markdownOf = (rows: readonly Row[], names: readonly string[]): string => {
  const [ours = '', ...others] = names;
  const head = ['', ...names, ...others.map((name) => `over ${name}`)];
  const lines = rows.map((row) => [
    row.figure,
    ...names.map((name) => shown(row.values.get(name), row.unit)),
    ...others.map((name) => ratio(row, ours, name)?.toFixed(2) ?? ''),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}, kernel ${release()}, Node.js ${process.versions.node}`;
  return [`One run, interleaved, on ${machine}.`, '', line(head), line(head.map(() => '---')), ...lines.map(line), ''].join('\n');
};

const WIDTH = 760;
const LABEL = 330;
const BAR = 14;
const COLOURS = ['#2563eb', '#9ca3af', '#d97706'];
const escapeXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Bars by figure; the longest of a figure fills the width, since units differ. */
export const svgOf = (rows: readonly Row[], names: readonly string[]): string => {
  const parts: string[] = [];
  let y = 20;
  for (const [index, name] of names.entries()) {
    parts.push(`<rect x="${LABEL + index * 140}" y="${y - 10}" width="12" height="12" fill="${COLOURS[index % COLOURS.length]}"/>`);
    parts.push(`<text x="${LABEL + index * 140 + 18}" y="${y}">${escapeXml(name)}</text>`);
  }
  y += 14;
  for (const row of rows) {
    const largest = Math.max(...[...row.values.values()].map(({ median }) => median));
    parts.push(`<text x="${LABEL - 8}" y="${y + BAR}" text-anchor="end">${escapeXml(row.figure)}</text>`);
    for (const [index, name] of names.entries()) {
      const value = row.values.get(name);
      if (value === undefined) continue;
      const width = largest > 0 ? Math.max(1, ((WIDTH - LABEL - 90) * value.median) / largest) : 1;
      parts.push(`<rect x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 2}" fill="${COLOURS[index % COLOURS.length]}"/>`);
      parts.push(`<text x="${(LABEL + width + 5).toFixed(1)}" y="${y + BAR - 4}">${digits(value.median)} ${escapeXml(row.unit)}</text>`);
      y += BAR;
    }
    y += 10;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" font-family="sans-serif" font-size="11"><title>Kubelets side by side</title>${parts.join('')}</svg>\n`;
};

/** The participants in the order of columns: ours, the floor, peers. */
export const columnsOf = (ours: string, peers: readonly string[]): readonly string[] => [ours, FLOOR, ...peers];
