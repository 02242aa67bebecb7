import { stringifyJson } from './lossless-json.mjs';

const percent = ({ right, of }) => (of === 0 ? '-' : `${((100 * right) / of).toFixed(2)} %`);

/** Only groups that are not right throughout are listed one by one. */
const recordLines = ({ total, groups }) => {
  const names = Object.keys(total);
  const cells = (figures) => names.map((name) => percent(figures[name]).padStart(10)).join(' ');
  const isWrong = ([, figures]) => Object.values(figures).some(({ right, of }) => right < of);
  return [
    `${'group'.padEnd(34)} ${names.map((name) => name.padStart(10)).join(' ')}`,
    ...[...groups]
      .filter(isWrong)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, figures]) => `${name.padEnd(34)} ${cells(figures)}`),
    `${`all (${total.verdict.of})`.padEnd(34)} ${cells(total)}`,
  ];
};

export const printFigures = ({ pods, objects, tables }) => [
  ...[pods, objects].filter(({ total }) => total.verdict.of > 0).flatMap(recordLines),
  ...tables.map(({ op, right, of }) => `${`${op} (${of})`.padEnd(34)} ${percent({ right, of }).padStart(9)}`),
];

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
    ...['object', 'warnings', 'generation']
      .filter((name) => wrong.includes(name))
      .flatMap((name) => [`  want ${stringifyJson(expected[name])}`, `  got  ${stringifyJson(actual[name] ?? null)}`]),
  ];
};
