import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseJson } from './lossless-json.mjs';

/** The files of records, one a line; each plain or gzipped. */
const POD_FILES = ['pod-manifests.jsonl', 'pod-urls.jsonl'];
const OBJECT_FILES = ['objects.jsonl', 'object-updates.jsonl'];
/** The files of tables: lists of questions with their answers by kind. */
const TABLE_FILES = ['quantities.json', 'expansion.json', 'cgroup-math.json', 'workload-tables.json'];

const exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );

/** The text of a file, or of its gzipped form; undefined if there is neither. */
const readText = async (directory, name) => {
  const path = join(directory, name);
  if (await exists(path)) return readFile(path, 'utf8');
  return (await exists(`${path}.gz`)) ? gunzipSync(await readFile(`${path}.gz`)).toString('utf8') : undefined;
};

const readRecords = async (directory, files) => {
  const texts = await Promise.all(files.map((name) => readText(directory, name)));
  return texts.flatMap((text) =>
    (text ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map(parseJson),
  );
};

export const readPodRecords = (directory) => readRecords(directory, POD_FILES);

export const readObjectRecords = (directory) => readRecords(directory, OBJECT_FILES);

export const readTables = async (directory) => {
  const texts = await Promise.all(TABLE_FILES.map((name) => readText(directory, name)));
  return texts.flatMap((text) => (text === undefined ? [] : Object.entries(parseJson(text)).map(([op, records]) => ({ op, records }))));
};
