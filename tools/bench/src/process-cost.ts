import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const TICKS_PER_SECOND = 100;

/** CPU time that a process and its children that have ended have used, seconds. */
export const cpuSeconds = async (pid: number): Promise<number> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0) / TICKS_PER_SECOND;
};

/** Share of one core that a process uses over some seconds, in percent. */
export const cpuPercent = async (pid: number, seconds: number): Promise<number> => {
  const before = await cpuSeconds(pid);
  const startedMs = performance.now();
  await delay(seconds * 1_000);
  return (((await cpuSeconds(pid)) - before) / ((performance.now() - startedMs) / 1_000)) * 100;
};

/** Proportional set size of a process, MiB. */
export const pssMiB = async (pid: number): Promise<number> => {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? Number.NaN) / 1024;
};
