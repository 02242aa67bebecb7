import { existsSync } from 'node:fs';
import { killProcess, waitFor } from '@solo-kubelet-tools/testbed';
import type { Machine } from './machine.js';
import { patient } from './patience.js';

export interface BootedMachineOptions {
  /** Of qemu. */
  readonly pid: number;
  /** Runs a command in it; its status is not 0 while the machine doesn't answer. */
  readonly run: Machine['run'];
  /** What its serial port says, for who looks why it did not boot. */
  readonly serialLog: string;
  /** Lets go of what the commands go through. */
  readonly close?: () => void;
}

const BOOT_LIMIT_MS = patient(10 * 60_000);
const END_LIMIT_MS = patient(3 * 60_000);
/** Of a question that a machine answers at once, or not at all. */
const ASK_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 3_000;

/** A machine that was switched on, once it answers; it is switched off where it does not. */
export const bootedMachine = async ({ pid, run, serialLog, close }: BootedMachineOptions): Promise<Machine> => {
  const boot = async (): Promise<string> => (await run('cat /proc/sys/kernel/random/boot_id', { timeoutMs: ASK_LIMIT_MS })).stdout;
  const untilBooted = async (before: string): Promise<void> => {
    const answers = async (): Promise<boolean> => {
      const id = await boot();
      return id !== '' && id !== before;
    };
    await waitFor(answers, { what: `a boot (${serialLog})`, timeoutMs: BOOT_LIMIT_MS, intervalMs: LOOK_EVERY_MS });
  };
  const end = async (): Promise<void> => {
    const isGone = async (): Promise<boolean> => !existsSync(`/proc/${pid}`);
    await run('systemctl poweroff', { timeoutMs: ASK_LIMIT_MS });
    await waitFor(isGone, { what: 'power off', timeoutMs: END_LIMIT_MS, intervalMs: LOOK_EVERY_MS }).catch(() =>
      killProcess(pid, 'SIGKILL'),
    );
    close?.();
  };
  try {
    await untilBooted('');
  } catch (error) {
    await end();
    throw error;
  }
  return {
    run,
    must: async (command, options) => {
      const { status, stdout, stderr } = await run(command, options);
      if (status !== 0) throw new Error(`${command}: status ${status}\n${stdout}${stderr}`);
      return stdout;
    },
    reboot: async () => {
      const before = await boot();
      await run('systemctl reboot', { timeoutMs: ASK_LIMIT_MS });
      await untilBooted(before);
    },
    [Symbol.asyncDispose]: end,
  };
};
