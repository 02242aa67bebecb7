import { answer } from './answer.mjs';
import { compareObjectRecord, comparePodRecord, isAnswered } from './compare.mjs';
import { parseJson, stringifyJson } from './lossless-json.mjs';
import { readObjectRecords, readPodRecords, readTables } from './read-records.mjs';

const POD_FIGURES = ['verdict', 'places', 'messages', 'pod'];
const OBJECT_FIGURES = ['verdict', 'places', 'messages', 'object', 'warnings', 'generation'];

const emptyFigures = (names) => Object.fromEntries(names.map((name) => [name, { right: 0, of: 0 }]));

const podGroup = ({ id }) => id.split('/')[0].replace(/~\d+$/, '');
const kindOf = ({ id }) => id.split('.')[0];

const addTo = (figures, result) => {
  for (const name of Object.keys(figures)) {
    if (result[name] === undefined) continue;
    figures[name].of++;
    if (result[name]) figures[name].right++;
  }
};

const runRecords = (records, { figures, groupOf, judge, compare }) => {
  const total = emptyFigures(figures);
  const groups = new Map();
  const failures = [];
  for (const record of records) {
    const group = groupOf(record);
    if (!groups.has(group)) groups.set(group, emptyFigures(figures));
    const actual = parseJson(judge(stringifyJson(record)));
    const result = compare(record, actual);
    addTo(total, result);
    addTo(groups.get(group), result);
    const wrong = figures.filter((name) => result[name] === false);
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
  pods: runRecords(await readPodRecords(directory), {
    figures: POD_FIGURES,
    groupOf: podGroup,
    judge: packages.validateBatchLine,
    compare: comparePodRecord,
  }),
  objects: runRecords(await readObjectRecords(directory), {
    figures: OBJECT_FIGURES,
    groupOf: kindOf,
    judge: packages.validateObjectBatchLine,
    compare: compareObjectRecord,
  }),
  tables: (await readTables(directory)).map((table) => runTable(table, packages)),
});
