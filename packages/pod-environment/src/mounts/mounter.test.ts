import { describe, expect, it } from 'vitest';
import { recordingCommands } from '../testing/recording-commands.js';
import { createMounter } from './mounter.js';

describe('createMounter', () => {
  it('keeps what begins with a dash from being an option of mount and umount', async () => {
    const { runCommand, commands } = recordingCommands();
    const mounter = createMounter({ runCommand, timeoutMs: 1_000 });
    await mounter.mount({ source: '--fstab=/a', target: '-t', fsType: 'nfs', options: ['ro'] });
    await mounter.mount({ source: '-a', target: '--all' });
    await mounter.unmount('--all');
    expect(commands).toEqual([
      ['mount', '--no-canonicalize', '-t', 'nfs', '-o', 'ro', '--', '--fstab=/a', '-t'],
      ['mount', '--no-canonicalize', '--bind', '--', '-a', '--all'],
      ['umount', '--no-canonicalize', '--', '--all'],
    ]);
  });
});
