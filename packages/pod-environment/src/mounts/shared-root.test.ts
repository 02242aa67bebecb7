import { describe, expect, it } from 'vitest';
import { parseMountInfo } from '../core/mountinfo.js';
import { recordingCommands } from '../testing/recording-commands.js';
import type { Mounter } from './mounter.js';
import { shareMounts, unshareMounts } from './shared-root.js';

const directory = '/var/lib/kubelet';
const onMounts = (...lines: readonly string[]) => {
  const { runCommand, commands } = recordingCommands();
  const calls: string[] = [];
  const mounter: Mounter = {
    list: async () => parseMountInfo(lines.join('\n')),
    mount: async ({ source, target }) => void calls.push(`bind ${source} ${target}`),
    unmount: async (target) => void calls.push(`unmount ${target}`),
  };
  return { options: { mounter, runCommand, timeoutMs: 1_000 }, calls, commands };
};

describe('shareMounts', () => {
  it.each([
    ['nothing where the root is shared', ['1 0 8:1 / / rw shared:1 - ext4 /dev/sda rw'], [], []],
    [
      'a bind mount where it is private',
      ['1 0 8:1 / / rw - ext4 /dev/sda rw'],
      [`bind ${directory} ${directory}`],
      [['mount', '--make-rshared', '--', directory]],
    ],
    [
      'the propagation of a mount of its own',
      ['1 0 8:1 / / rw shared:1 - ext4 /dev/sda rw', `2 1 8:2 / ${directory} rw - ext4 /dev/sdb rw`],
      [],
      [['mount', '--make-rshared', '--', directory]],
    ],
    [
      'nothing for a neighbour with a similar name',
      ['1 0 8:1 / / rw shared:1 - ext4 /dev/sda rw', '2 1 8:2 / /var/lib/kube rw - ext4 /dev/sdb rw'],
      [],
      [],
    ],
  ])('makes %s', async (_, lines, calls, commands) => {
    const machine = onMounts(...lines);
    await shareMounts(machine.options, directory);
    expect(machine.calls).toEqual(calls);
    expect(machine.commands).toEqual(commands);
  });
});

describe('unshareMounts', () => {
  it.each([
    [
      'its own bind mount',
      ['1 0 8:1 / / rw - ext4 /dev/sda rw', `2 1 8:1 ${directory} ${directory} rw shared:9 - ext4 /dev/sda rw`],
      [`unmount ${directory}`],
    ],
    ['no partition', ['1 0 8:1 / / rw - ext4 /dev/sda rw', `2 1 8:2 / ${directory} rw shared:9 - ext4 /dev/sdb rw`], []],
    ['no subvolume', ['1 0 0:21 /@ / rw - btrfs /dev/sda rw', `2 1 0:21 /@kubelet ${directory} rw shared:9 - btrfs /dev/sda rw`], []],
    ['nothing where nothing is mounted', ['1 0 8:1 / / rw - ext4 /dev/sda rw'], []],
  ])('takes away %s', async (_, lines, calls) => {
    const machine = onMounts(...lines);
    await unshareMounts(machine.options, directory);
    expect(machine.calls).toEqual(calls);
  });
});
