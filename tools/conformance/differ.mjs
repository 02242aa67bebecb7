// Asks two API servers the same random questions and shows where their answers differ:
// node tools/conformance/differ.mjs --theirs URL --ours URL --token-file FILE [--kind KIND]... [--seed N] [--count N] [--corpus FILE]... [--words] [--shown N]
// Exit status 1 if any answer differs; 0 with a printed reason if there is no server to compare with.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import {
  askQuestion,
  classOf,
  createRandom,
  createServer,
  firstDifference,
  isWords,
  learnedPool,
  normalise,
  playScript,
  printsStructure,
  QUESTIONS,
  readCorpus,
  readTokens,
} from './src/differ/index.mjs';

const { values } = parseArgs({
  options: {
    theirs: { type: 'string' },
    ours: { type: 'string' },
    'token-file': { type: 'string' },
    kind: { type: 'string', multiple: true, default: Object.keys(QUESTIONS).filter((kind) => kind !== 'corpus' && kind !== 'access') },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '100' },
    corpus: { type: 'string', multiple: true, default: [] },
    words: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    shown: { type: 'string', default: '40' },
    width: { type: 'string', default: '700' },
  },
});

if (values.theirs === undefined || values.ours === undefined) {
  process.stdout.write('skipped: there are no two servers to compare; give --theirs URL and --ours URL\n');
  process.exit(0);
}
const unknown = values.kind.filter((kind) => !Object.hasOwn(QUESTIONS, kind));
if (unknown.length > 0 || values['token-file'] === undefined) {
  process.stderr.write(
    `${unknown.length > 0 ? `no such kind of questions: ${unknown.join(', ')}; there are ${Object.keys(QUESTIONS).join(', ')}` : 'give --token-file FILE'}\n`,
  );
  process.exit(2);
}

const readLines = (file) => {
  const data = readFileSync(file);
  const text = (data[0] === 0x1f ? gunzipSync(data) : data).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
};

const objectOfManifest = (text) => {
  try {
    const value = parse(text, { logLevel: 'silent' });
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? [value] : [];
  } catch {
    return [];
  }
};

const records = values.corpus.flatMap(readLines);
const corpus = readCorpus(
  records.filter(({ steps }) => steps !== undefined),
  records.flatMap(({ manifest, decoded }) => (manifest === undefined || decoded === false ? [] : objectOfManifest(manifest))),
);
const pool = learnedPool(corpus);

const tokens = readTokens(readFileSync(values['token-file'], 'utf8'));
const theirs = createServer(values.theirs, tokens);
const ours = createServer(values.ours, tokens);
const run = Date.now().toString(36).slice(-5);
const classes = new Map();
let equal = 0;
let words = 0;
let asked = 0;

const playBoth = async (kind, seed) => {
  const script = askQuestion(kind, { random: createRandom(seed), pool, corpus });
  const ns = `d${run}${seed.toString(36)}`;
  const options = { ns, nowMs: Date.now() };
  const sent = JSON.stringify(script.steps);
  const [a, b] = await Promise.all([theirs, ours].map((server) => playScript(server, script, options)));
  const [want, got] = [a, b].map((answers) => normalise(answers, { sent, ns }));
  asked++;
  for (let step = 0; step < want.length; step++) {
    const difference = firstDifference(want[step], got[step]);
    if (difference === undefined) continue;
    if (isWords(difference)) {
      words++;
      if (!values.words || printsStructure(difference)) continue;
    }
    const name = classOf(difference, kind);
    const known = classes.get(name) ?? { count: 0, kind, seed, step, script, difference, want: want[step], got: got[step] };
    classes.set(name, { ...known, count: known.count + 1 });
    return;
  }
  equal++;
};

let seed = Number(values.seed);
for (let i = 0; i < Number(values.count); i++) for (const kind of values.kind) await playBoth(kind, seed++);

const short = (value) => (JSON.stringify(value) ?? '(absent)').slice(0, Number(values.width));
const show = ({ count, kind, seed: at, step, script, difference, want, got }) => {
  const { method, path, headers = {}, body, text } = script.steps[step];
  const lines = [
    '',
    `${count} × ${kind} --seed ${at} step ${step}: ${method} ${path} ${JSON.stringify(headers)}`,
    `  sent   ${short(body ?? text)}`,
    `  at     ${difference.path}`,
    `  theirs ${short(difference.theirs)}`,
    `  ours   ${short(difference.ours)}`,
  ];
  if (values.verbose) {
    for (const each of script.steps.slice(0, step)) lines.push(`  before ${each.method} ${each.path} ${short(each.body ?? each.text)}`);
    lines.push(`  theirs ${short(want)}`, `  ours   ${short(got)}`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
};
const sorted = [...classes.values()].sort((a, b) => b.count - a.count);
for (const each of sorted.slice(0, Number(values.shown))) show(each);
const wordsAlone = values.words ? '' : `, ${words} answers differ in words alone`;
process.stdout.write(`\n${asked} scripts, ${equal} answered alike${wordsAlone}; ${classes.size} kinds of differences\n`);
theirs.close();
ours.close();
process.exitCode = equal === asked ? 0 : 1;
