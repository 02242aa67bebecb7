import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { OURS, type Participant, PLACEHOLDERS, startParticipant } from './participant.js';
import { burst, burstBare, crash, endBurst, type Measured, onePod, onePodBare, rest, restart, statusLatency } from './rounds.js';
import { columnsOf, markdownOf, rowsOf, svgOf } from './table.js';

const HELP = `usage: pnpm --filter @solo-kubelet-tools/bench side-by-side [--peer 'COMMAND']… [--rounds 20] [--bursts 1,10,30,100] [--rest 300]
                                                               [--json FILE] [--markdown FILE] [--svg FILE]

Measures this kubelet, the bare CRI calls and peers in one run, each kubelet on a containerd of its own, in turns. A peer is any kubelet that reads
a manifest directory, and has the --peer-name of the same place; ${PLACEHOLDERS.join(', ')} in a command stand for this run's paths and its node's name. The real one:

  --peer 'kubelet --config {config} --root-dir {root} --cert-dir {root}/pki --container-runtime-endpoint {endpoint} --hostname-override {node}'

Build first (pnpm build). As root, on a quiet machine; compare columns of one run only.`;

const OUR_NAME = 'Solo Kubelet';
const PEER_NAME = 'peer';

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    peer: { type: 'string', multiple: true, default: [] },
    'peer-name': { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '20' },
    bursts: { type: 'string', default: '1,10,30,100' },
    rest: { type: 'string', default: '300' },
    json: { type: 'string' },
    markdown: { type: 'string' },
    svg: { type: 'string' },
  },
});

const wholeNumber = (text: string, flag: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${flag}: ${JSON.stringify(text)} is not a whole number`);
  return value;
};

const main = async (): Promise<void> => {
  if (values.help) return console.log(HELP);
  const rounds = wholeNumber(values.rounds, 'rounds');
  const bursts = values.bursts.split(',').map((each) => wholeNumber(each, 'bursts'));
  const restSeconds = wholeNumber(values.rest, 'rest');
  const measured: Measured[] = [];
  const tell = (step: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${step}`);

  const all: Participant[] = [];
  await using _ended = {
    [Symbol.asyncDispose]: async () => {
      for (const each of all) await each[Symbol.asyncDispose]();
    },
  };
  const ours = await startParticipant(OUR_NAME, OURS);
  all.push(ours);
  for (const [index, command] of values.peer.entries())
    all.push(await startParticipant(values['peer-name'][index] ?? `${PEER_NAME} ${index + 1}`, command));

  // The first Pod of each warms compilers and caches, and does not count.
  for (const each of all) await onePod(each, -1);
  await onePodBare(ours, -1);
  for (let round = 0; round < rounds; round += 1) {
    tell(`round ${round + 1} of ${rounds}`);
    measured.push(...(await onePodBare(ours, round)));
    for (const each of all) measured.push(...(await onePod(each, round)));
  }
  for (let round = 0; round < Math.ceil(rounds / 2); round += 1) {
    tell(`crash ${round + 1}`);
    for (const each of all) measured.push(...(await crash(each, round)));
  }
  for (let round = 0; round < rounds; round += 1) {
    tell(`end ${round + 1} of ${rounds}`);
    for (const each of all) measured.push(...(await statusLatency(each, round)));
  }
  if (restSeconds > 0) {
    tell('rest without Pods');
    measured.push(...(await rest(all, 0, restSeconds)));
  }
  for (const count of bursts) {
    tell(`burst of ${count}`);
    measured.push(...(await burstBare(ours, count)));
    for (const each of all) measured.push(...(await burst(each, count)));
    if (count >= REST_FROM && restSeconds > 0) {
      tell(`rest with ${count} Pods`);
      measured.push(...(await rest(all, count, restSeconds)));
    }
    if (count >= REST_FROM) for (const each of all) measured.push(...(await restart(each, count)));
    for (const each of all) await endBurst(each, count);
  }

  const rows = rowsOf(measured);
  const columns = columnsOf(
    OUR_NAME,
    all.slice(1).map(({ name }) => name),
  );
  const markdown = markdownOf(rows, columns);
  console.log(markdown);
  if (values.json) await writeFile(values.json, `${JSON.stringify({ columns, measured }, undefined, 1)}\n`);
  if (values.markdown) await writeFile(values.markdown, markdown);
  if (values.svg) await writeFile(values.svg, svgOf(rows, columns));
};

/** Smaller bursts are not worth resting with. */
const REST_FROM = 30;

await main();
