import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { signalProcess } from './signal-process.js';

it('signals a process, and takes one that has ended since it was listed for ended', async () => {
  const child = spawn('sleep', ['600']);
  await once(child, 'spawn');
  const pid = child.pid as number;
  signalProcess(pid, 'SIGTERM');
  expect(await once(child, 'exit')).toEqual([null, 'SIGTERM']);
  expect(() => signalProcess(pid, 'SIGTERM')).not.toThrow();
});
