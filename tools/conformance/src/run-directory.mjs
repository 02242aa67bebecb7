import { answer } from './answer.mjs';
import { comparePodRecord, isAnswered } from './compare.mjs';
import { parseJson, stringifyJson } from './lossless-json.mjs';
import { readPodRecords, readTables } from './read-records.mjs';

const FIGURES = ['verdict', 'places', 'messages', 'pod'];

const emptyFigures = () => Object.fromEntries(FIGURES.map((name) => [name, { right: 0, of: 0 }]));

const groupOf = ({ id }) => id.split('/')[0].replace(/~\d+$/, '');

const addTo = (figures, result) => {
  for (const name of FIGURES) {
    if (result[name] === undefined) continue;
    figures[name].of++;
    if (result[name]) figures[name].right++;
  }
};

const runPods = (records, packages) => {
  const total = emptyFigures();
  const groups = new Map();
  const failures = [];
  for (const record of records) {
    const group = groupOf(record);
    if (!groups.has(group)) groups.set(group, emptyFigures());
    const actual = parseJson(packages.validateBatchLine(stringifyJson(record)));
    const result = comparePodRecord(record, actual);
    addTo(total, result);
    addTo(groups.get(group), result);
    const wrong = FIGURES.filter((name) => result[name] === false);
    if (wrong.length > 0) failures.push({ id: record.id, wrong, expected: record, actual });
  }
  return { total, groups, failures };
};

const runTable = ({ op, records }, packages) => {
  const failures = records
    .map((record) => ({ expected: record, actual: answer({ ...record, op }, packages) }))
    .filter(({ expected, actual }) => !isAnswered(op, expected, actual));
  return { op, right: records.length - failures.length, of: records.length, failures };
};

/** Holds our packages against every data file of a directory. */
export const runDirectory = async (directory, packages) => ({
  pods: runPods(await readPodRecords(directory), packages),
  tables: (await readTables(directory)).map((table) => runTable(table, packages)),
});
