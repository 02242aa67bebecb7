import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageNames } from '@solo-kubelet-tools/images';
import { kubeletBinary, waitFor } from '@solo-kubelet-tools/testbed';
import { expect, it } from 'vitest';
import { podManifest } from '../../e2e/src/kubelet/manifests.js';
import { startNode } from '../../e2e/src/kubelet/node.js';
import { type Figure, report, spread } from './figures.js';

const ROUNDS = Number(process.env['ROUNDS'] ?? 20);
const PODS = 10;
const FILES = 1_000;
const TICKS_PER_SECOND = 100;

/** CPU time of children of this process that have ended, s. */
const childrenCpu = async (): Promise<number> => {
  const stat = await readFile('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
};

interface Cost {
  readonly ms: number;
  readonly cpu: number;
}

const costOf = async (args: readonly string[]): Promise<Cost> => {
  const [cpu, beganMs] = [await childrenCpu(), performance.now()];
  const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [status] = (await once(child, 'close')) as [number | null];
  expect(status, args.join(' ')).toBe(0);
  return { ms: performance.now() - beganMs, cpu: (await childrenCpu()) - cpu };
};

/** What a command costs a user, in turns with a Node.js that does nothing. */
it('measures the command line', { timeout: 1_200_000 }, async () => {
  await using node = await startNode();
  const SPEC = { containers: [{ name: 'app', image: imageNames.busybox, command: ['sleep', '100000'] }], terminationGracePeriodSeconds: 1 };
  for (let index = 0; index < PODS; index += 1) await node.drop(`idle-${index}.yaml`, podManifest(`idle-${index}`, SPEC));
  await waitFor(async () => (await node.running()).size === PODS, { what: 'all Pods', timeoutMs: 120_000 });
  const directory = await mkdtemp(join(tmpdir(), 'client-bench-'));
  for (let index = 0; index < FILES; index += 1)
    await writeFile(join(directory, `${index}.json`), JSON.stringify(podManifest(`web-${index}`, SPEC)));
  const socket = join(node.bed.directory, 'kubelet.sock');
  const commands: Readonly<Record<string, readonly string[]>> = {
    'node -e 0': ['-e', '0'],
    'get pods': [kubeletBinary, 'get', 'pods', '--socket', socket],
    [`validate of ${FILES} files`]: [kubeletBinary, 'validate', directory],
  };
  const costs = new Map<string, Cost[]>(Object.keys(commands).map((name) => [name, []]));
  try {
    for (let round = -1; round < ROUNDS; round += 1)
      for (const [name, args] of Object.entries(commands)) {
        const cost = await costOf(args);
        if (round >= 0) costs.get(name)!.push(cost);
      }
  } finally {
    await rm(directory, { recursive: true });
  }
  const figures: Figure[] = [...costs].flatMap(([name, all]) => [
    { name, unit: 'ms', spread: spread(all.map(({ ms }) => ms)) },
    { name: `${name}: CPU`, unit: 'ms', spread: spread(all.map(({ cpu }) => cpu * 1_000)) },
  ]);
  const nothing = costs.get('node -e 0')!;
  const over = costs.get('get pods')!.map(({ ms }, round) => ms / nothing[round]!.ms);
  figures.push({ name: 'get pods over node -e 0, round by round', unit: 'x', spread: spread(over), goal: '1.25' });
  process.stdout.write(`${report(figures)}\n`);
});
