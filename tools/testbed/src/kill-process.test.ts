import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { killProcess } from './kill-process.js';

it('ends a process, and takes one that has ended meanwhile for ended', async () => {
  const child = spawn('sleep', ['600']);
  await once(child, 'spawn');
  const pid = child.pid as number;
  killProcess(pid, 'SIGKILL');
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  expect(() => killProcess(pid, 'SIGKILL')).not.toThrow();
});

it.each([0, 1, -1, Number('nothing'), 1.5])('refuses %s: that would be a group, init or everybody', (pid) => {
  expect(() => killProcess(pid, 'SIGKILL')).toThrow(RangeError);
});
