import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { it } from 'vitest';
import { type Figure, report, spread } from './figures.js';

/** Both take turns in one process, in a network namespace of its own that takes bridge and rules with it. Needs root and the built packages. */
it('measures ADD of bridge, host-local and portmap against a shell loop', { timeout: 300_000 }, () => {
  const script = fileURLToPath(new URL('cni-add-chain.mjs', import.meta.url));
  const { invoker, shell } = JSON.parse(execFileSync('unshare', ['--net', process.execPath, script], { encoding: 'utf8' })) as {
    readonly invoker: readonly number[];
    readonly shell: readonly number[];
  };
  const [own, loop] = [spread(invoker), spread(shell)];
  const over = 100 * (own.median / loop.median - 1);
  const figures: Figure[] = [
    { name: 'ADD from a shell loop', unit: 'ms', spread: loop },
    { name: 'ADD by cni-invoker', unit: 'ms', spread: own },
    { name: 'median over median', unit: '% more', spread: { min: over, median: over, max: over, runs: 1 }, goal: 'at most 10' },
  ];
  process.stdout.write(`${report(figures)}\n`);
});
