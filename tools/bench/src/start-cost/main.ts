import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { podManifest } from '../../../e2e/src/kubelet/manifests.js';
import { type Figure, report, spread } from '../figures.js';
import { OURS, type Participant, startParticipant } from '../side-by-side/participant.js';

const HELP = `usage: pnpm --filter @solo-kubelet-tools/bench start-cost [--variant 'NAME=COMMAND']… [--rounds 5] [--pods 30] [--rest 15]

Ends and starts kubelets that have running Pods, in turns, each on a containerd of its own: ms until /healthz answers and until /pods shows all as Ready, CPU time by
then, and memory (PSS) so many seconds later. Without --variant: as the npm package starts, without its code cache, and without its bundle. Any kubelet that
side-by-side takes can be one. Build first (pnpm build); as root.`;

const VARIANTS = [
  `code cache=${OURS}`,
  `bundle alone=env SOLO_KUBELET_CODE_CACHE=off ${OURS}`,
  `modules=env SOLO_KUBELET_BUNDLE=off ${OURS}`,
];
const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    variant: { type: 'string', multiple: true, default: VARIANTS },
    rounds: { type: 'string', default: '5' },
    pods: { type: 'string', default: '30' },
    rest: { type: 'string', default: '15' },
  },
});

interface Started {
  readonly healthyMs: number;
  readonly readyMs: number;
  readonly cpuMs: number;
  readonly pssMiB: number;
}

const SPEC = { containers: [{ name: 'app', image: imageNames.busybox, command: ['sleep', '100000'] }], terminationGracePeriodSeconds: 1 };

const fill = async (participant: Participant, pods: number): Promise<void> => {
  for (let index = 0; index < pods; index += 1) await participant.drop(`idle-${index}.json`, podManifest(`idle-${index}`, SPEC));
  await waitFor(async () => (await participant.running()) >= pods, { what: `the Pods of ${participant.name}`, timeoutMs: 300_000 });
};

const startOnce = async (participant: Participant, pods: number, restSeconds: number): Promise<Started> => {
  const times = await participant.restart(pods);
  const cpuMs = (await participant.cpuSeconds()) * 1_000;
  await delay(restSeconds * 1_000);
  return { ...times, cpuMs, pssMiB: await participant.pssMiB() };
};

const figuresOf = (name: string, all: readonly Started[]): readonly Figure[] => [
  { name: `${name}: /healthz`, unit: 'ms', spread: spread(all.map(({ healthyMs }) => healthyMs)) },
  { name: `${name}: all Ready`, unit: 'ms', spread: spread(all.map(({ readyMs }) => readyMs)) },
  { name: `${name}: CPU until then`, unit: 'ms', spread: spread(all.map(({ cpuMs }) => cpuMs)) },
  { name: `${name}: PSS at rest`, unit: 'MiB', spread: spread(all.map(({ pssMiB }) => pssMiB)) },
];

const main = async (): Promise<void> => {
  if (values.help) return console.log(HELP);
  const [rounds, pods, rest] = [values.rounds, values.pods, values.rest].map(Number) as [number, number, number];
  const all: Participant[] = [];
  await using _ended = {
    [Symbol.asyncDispose]: async () => {
      for (const each of all) await each[Symbol.asyncDispose]();
    },
  };
  const started = new Map<string, Started[]>();
  for (const variant of values.variant) {
    const name = variant.slice(0, variant.indexOf('='));
    const participant = await startParticipant(name, variant.slice(name.length + 1));
    all.push(participant);
    started.set(name, []);
    await fill(participant, pods);
  }
  // The first start of each does not count: what it compiles is kept some seconds later.
  for (const each of all) await startOnce(each, pods, rest);
  for (let round = 0; round < rounds; round += 1) {
    console.error(`round ${round + 1} of ${rounds}, load ${loadavg()[0]?.toFixed(1)}`);
    for (const each of all) started.get(each.name)!.push(await startOnce(each, pods, rest));
  }
  console.log(report([...started].flatMap(([name, those]) => figuresOf(name, those))));
};

await main();
