import { parseArgs } from 'node:util';
import { kubeletBinary } from '@solo-kubelet-tools/testbed';
import { spread } from '../figures.js';
import { type BurstCost, measureBurst } from './measure-burst.js';

const HELP = `usage: pnpm --filter @solo-kubelet-tools/bench burst-cost [--variant 'NAME=COMMAND']… [--pods 30] [--rounds 5] [--json]

CPU time that a kubelet itself needs for a burst of Pods, with a container runtime in memory: nothing but the kubelet is measured, and nothing is run.
Each round starts each variant anew, in turns. A variant's command is what is put before \`run\` and its arguments; default: what is built here.

  --variant 'built=node packages/kubelet-cli/dist/bin.js' --variant 'flag=node --max-lazy packages/kubelet-cli/dist/bin.js'`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    variant: { type: 'string', multiple: true },
    pods: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean' },
  },
});

const variantsOf = (texts: readonly string[]): readonly (readonly [name: string, command: string])[] =>
  texts.map((text) => {
    const at = text.indexOf('=');
    if (at <= 0) throw new Error(`--variant: ${JSON.stringify(text)} is not NAME=COMMAND`);
    return [text.slice(0, at), text.slice(at + 1)];
  });

const seconds = (all: readonly BurstCost[], of: (cost: BurstCost) => number): string => {
  const { min, median, max } = spread(all.map(of));
  return `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
};

const main = async (): Promise<void> => {
  if (values.help) return console.log(HELP);
  const variants = variantsOf(values.variant ?? [`built=${process.execPath} ${kubeletBinary}`]);
  const measured = new Map<string, BurstCost[]>(variants.map(([name]) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [name, command] of variants) {
      const cost = await measureBurst(command, Number(values.pods));
      measured.get(name)?.push(cost);
      console.error(`round ${round + 1}, ${name}: ${JSON.stringify(cost)}`);
    }
  }
  if (values.json) return console.log(JSON.stringify(Object.fromEntries(measured)));
  console.log(
    `| CPU, s: median (least to most) | start | until all run | of it: main thread | 3 s more | PSS then, MiB |\n| --- | --- | --- | --- | --- | --- |`,
  );
  for (const [name, all] of measured) {
    const cells = [seconds(all, (cost) => cost.start), seconds(all, (cost) => cost.burst), seconds(all, (cost) => cost.mainThread)];
    console.log(`| ${[name, ...cells, seconds(all, (cost) => cost.after), seconds(all, (cost) => cost.memory)].join(' | ')} |`);
  }
};

await main();
