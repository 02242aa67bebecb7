// What commands print, compared without what differs from run to run.

/** What Kubernetes makes random names and hashes of: no vowels, so that no word is among them. */
const IDS = 'bcdfghjklmnpqrstvwxz2456789';

/** In this order: what stands for a later one may hold an earlier one. */
const REPLACED: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  [/\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z/g, '<time>'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}/g, '<time>'],
  [/\b(\w+:\/\/[0-9a-f]{64}|\S*sha256:[0-9a-f]{64})/g, '<digest>'],
  [/(?<=pod-template-hash=)\w+/g, '<hash>'],
  [/(resourceVersion"?:) "?\d+"?/g, '$1 <version>'],
  [/\b\d+\.\d+\.\d+\.\d+(?=:\d+|\b)/g, '<ip>'],
  [new RegExp(`-[${IDS}]{8,10}-[${IDS}]{5}(?![\\w-])`, 'g'), '-<hash>-<id>'],
  [new RegExp(`(?<=[a-z]-)[${IDS}]{8,10}(?![\\w-])`, 'g'), '<hash>'],
  [new RegExp(`(?<=[a-z>]-)[${IDS}]{5}(?![\\w-])`, 'g'), '<id>'],
  // Ages, as tables and descriptions have them.
  [/(?<=\s|\(|^)(\d+[ywdhms])+(?=\s|\)|$)/gm, '<age>'],
];

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Lines as they are compared: ids, times, ages and addresses replaced, columns two blanks apart, no blank lines. */
export const normaliseLines = (text: string, known: Readonly<Record<string, string>> = {}): readonly string[] => {
  let normal = text;
  for (const [shown, name] of Object.entries(known))
    normal = normal.replaceAll(new RegExp(`(?<![\\w-])${escaped(shown)}(?![\\w-])`, 'g'), name);
  for (const [pattern, name] of REPLACED) normal = normal.replace(pattern, name);
  return normal
    .split(/\r?\n/)
    .map((line) => line.replace(/\t/g, '  ').trimEnd())
    .map((line) => (/^ /.test(line) ? /^ +/.exec(line)![0] : '') + line.trimStart().replace(/ {2,}/g, '  '))
    .filter((line) => line.trim() !== '');
};

const isLike = (wanted: string, line: string): boolean => {
  const pattern = /^\/(.*)\/$/.exec(wanted)?.[1];
  return pattern === undefined ? wanted.trimEnd() === line : new RegExp(pattern).test(line);
};

/** Whether lines are those that are wanted: `...` stands for any number of them, `/…/` for one that matches. */
export const matchesLines = (wanted: readonly string[], lines: readonly string[]): boolean => {
  const [first, ...others] = wanted;
  if (first === undefined) return lines.length === 0;
  if (first === '...') return lines.some((_, index) => matchesLines(others, lines.slice(index))) || matchesLines(others, []);
  return lines.length > 0 && isLike(first, lines[0]!) && matchesLines(others, lines.slice(1));
};
