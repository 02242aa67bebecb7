import { describe, expect, it } from 'vitest';
import { createMounter } from './mounter.js';
import { type CommandResult, runCommand } from './run-command.js';

describe('runCommand', () => {
  it('tells exit code and output, without a shell in between', async () => {
    expect(await runCommand('sh', ['-c', 'echo "$0"; echo bad >&2; exit 3', '$HOME'], { timeoutMs: 5_000 })).toMatchObject({
      exitCode: 3,
      stdout: '$HOME\n',
      stderr: 'bad\n',
      gaveUp: false,
    });
  });

  it('reports a program that does not exist as 127', async () => {
    expect(await runCommand('no-such-program', [], { timeoutMs: 5_000 })).toMatchObject({ exitCode: 127, gaveUp: false });
  });

  it('stops waiting at the time limit', async () => {
    const result = await runCommand('sleep', ['60'], { timeoutMs: 50 });
    expect(result).toMatchObject({ exitCode: undefined, gaveUp: true, stderr: 'timed out after 50 ms' });
    await result.ended;
  });

  it('stops waiting when the caller gives up', async () => {
    const controller = new AbortController();
    const pending = runCommand('sleep', ['60'], { timeoutMs: 60_000, signal: controller.signal });
    controller.abort();
    const result = await pending;
    expect(result.gaveUp).toBe(true);
    await result.ended;
    expect(await runCommand('sleep', ['60'], { timeoutMs: 60_000, signal: controller.signal })).toMatchObject({ gaveUp: true });
  });
});

describe('createMounter', () => {
  const mountPoint = '/proc';
  it('leaves an umount that hangs alone and starts no second one until it is gone', async () => {
    let calls = 0;
    let gone = (): void => {};
    const ended = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const hanging = async (): Promise<CommandResult> => {
      calls++;
      return { exitCode: undefined, stdout: '', stderr: 'timed out after 5 ms', gaveUp: true, ended };
    };
    const mounter = createMounter({ runCommand: hanging, timeoutMs: 5 });
    await expect(mounter.unmount(mountPoint)).rejects.toMatchObject({ code: 'UNMOUNT_FAILED', retryable: true });
    await expect(mounter.unmount(mountPoint)).rejects.toThrow('an earlier umount still hangs');
    expect(calls).toBe(1);
    gone();
    await ended;
    await expect(mounter.unmount(mountPoint)).rejects.toThrow('timed out');
    expect(calls).toBe(2);
  });

  it('says what mount said', async () => {
    const mounter = createMounter({ runCommand, timeoutMs: 5_000 });
    await expect(mounter.mount({ source: 'x', target: '/no/such/place', fsType: 'tmpfs' })).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      reason: 'FailedMount',
      message: expect.stringContaining('mount point does not exist'),
    });
  });
});
