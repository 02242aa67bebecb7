import { rename, stat } from 'node:fs/promises';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';

const ROTATIONS = 10;
let node: TestNode;

/** Counts as fast as a shell can, on both outputs, until its file says stop; then tells how far it came. */
const COUNTER = `i=0
while [ ! -e /tmp/stop ]; do
  i=$((i+1)); echo out-$i
  if [ $((i % 7)) -eq 0 ]; then echo err-$i >&2; fi
done
echo end-$i
exec sleep 1000000`;

beforeAll(async () => {
  node = await startNode();
  await node.drop('counter.yaml', podManifest('counter', { terminationGracePeriodSeconds: 1, containers: [script('app', COUNTER)] }));
  await node.pod('counter', isRunning);
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  expect(await node.bed.leaks()).toEqual([]);
});

it('follows through ten rotations under load, both streams, without losing or doubling a line', async () => {
  const id = (await node.running()).get('counter/app')!;
  const { status } = await node.bed.cri.runtime.containerStatus({ containerId: id });
  const path = status!.logPath;
  const following = new AbortController();
  const chunks: Buffer[] = [];
  const reading = (async () => {
    const target = { namespace: 'default', pod: 'counter-node1', container: 'app' };
    try {
      for await (const chunk of node.api.readLog(target, { follow: true }, { signal: following.signal })) chunks.push(chunk);
    } catch (error) {
      if (!following.signal.aborted) throw error;
    }
  })();
  for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
    await waitFor(async () => (await stat(path)).size > 100_000, { what: 'a log worth rotating' });
    // As the kubelet does it (pkg/kubelet/logs rotateLatestLog): rename, then tell the runtime to open the name anew.
    await rename(path, `${path}.20260101-0000${String(rotation).padStart(2, '0')}`);
    await node.bed.cri.runtime.reopenContainerLog({ containerId: id });
  }
  await node.exec('counter', 'touch /tmp/stop');
  const text = (): string => Buffer.concat(chunks).toString();
  await waitFor(async () => /^end-\d+$/m.test(text()), { what: 'the end of the count', timeoutMs: 60_000 });
  following.abort();
  await reading;
  const lines = text().trimEnd().split('\n');
  const total = Number(/^end-(\d+)$/m.exec(text())![1]);
  const numbers = (prefix: string): readonly number[] =>
    lines.filter((line) => line.startsWith(prefix)).map((line) => Number(line.slice(prefix.length)));
  expect(total).toBeGreaterThan(5_000);
  expect(firstGap(numbers('out-'), 1, total)).toBeUndefined();
  expect(firstGap(numbers('err-'), 7, Math.floor(total / 7))).toBeUndefined();

  // Read anew, across all the rotated files, it is the same.
  expect(await node.log('counter')).toBe(text());
});

/** The first place where the numbers are not step, 2·step, … count·step. */
const firstGap = (numbers: readonly number[], step: number, count: number): object | undefined => {
  const at = Array.from({ length: Math.max(count, numbers.length) }, (_, index) => index).find(
    (index) => numbers[index] !== (index + 1) * step,
  );
  return at === undefined ? undefined : { at, around: numbers.slice(Math.max(0, at - 2), at + 3), length: numbers.length, wanted: count };
};
