import { stringifyJson } from './lossless-json.mjs';

const percent = ({ right, of }) => (of === 0 ? '-' : `${((100 * right) / of).toFixed(2)} %`);
const cells = (figures) => ['verdict', 'places', 'messages', 'pod'].map((name) => percent(figures[name]).padStart(9)).join(' ');

/** Only groups that are not right throughout are listed one by one. */
export const printFigures = ({ pods, tables }) => {
  const isWrong = ([, figures]) => Object.values(figures).some(({ right, of }) => right < of);
  const heading = `${'group'.padEnd(34)} ${'verdict'.padStart(9)} ${'place'.padStart(9)} ${'message'.padStart(9)} ${'pod'.padStart(9)}`;
  const groups = [...pods.groups].filter(isWrong).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    heading,
    ...groups.map(([name, figures]) => `${name.padEnd(34)} ${cells(figures)}`),
    `${`all (${pods.total.verdict.of})`.padEnd(34)} ${cells(pods.total)}`,
    ...tables.map(({ op, right, of }) => `${`${op} (${of})`.padEnd(34)} ${percent({ right, of }).padStart(9)}`),
  ];
};

const messagesOf = ({ errors, apiRef, message }) => [...errors.map((error) => error.message), ...[apiRef, message].filter(Boolean)];

export const printFailure = ({ id, wrong, expected, actual }) => {
  const [want, got] = [expected, actual].map((record) => messagesOf({ errors: [], ...record }));
  return [
    `${id}: ${wrong.join(', ')}`,
    ...want.filter((text) => !got.includes(text)).map((text) => `  want ${text}`),
    ...got.filter((text) => !want.includes(text)).map((text) => `  got  ${text}`),
    ...(wrong.includes('pod')
      ? [`  want ${stringifyJson(expected.pods ?? expected.pod)}`, `  got  ${stringifyJson(actual.pods ?? actual.pod ?? null)}`]
      : []),
  ];
};
