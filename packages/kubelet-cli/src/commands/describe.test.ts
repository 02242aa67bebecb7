import type { Pod } from '@solo-kubelet/pod-spec';
import { expect, it } from 'vitest';
import { describePod, takenPortLines } from './describe.js';

const onPort = (name: string, phase: string, reason?: string): Pod =>
  ({
    metadata: { name, namespace: 'shop', uid: name },
    spec: { containers: [{ name: 'a', image: 'a:1', ports: [{ containerPort: 80, hostPort: 8080 }] }] },
    status: { phase, ...(reason && { reason }) },
  }) as Pod;

it('names the Pod that has the host port which another was refused for, and none that has ended', async () => {
  const refused = onPort('late', 'Failed', 'NodePorts');
  const pods = [onPort('over', 'Succeeded'), refused, onPort('first', 'Running')];
  const lines = await takenPortLines(refused, pods);
  expect(lines.map((line) => line.trim())).toEqual(['hostPort 8080/TCP is taken by pod shop/first']);
  expect(describePod(refused, [], '', lines)).toContain('hostPort 8080/TCP is taken by pod shop/first\n');
  expect(await takenPortLines(onPort('late', 'Failed', 'OutOfcpu'), pods)).toEqual([]);
});
