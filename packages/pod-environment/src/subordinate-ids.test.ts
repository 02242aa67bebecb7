import { describe, expect, it } from 'vitest';
import type { RunCommand } from './mounts/run-command.js';
import { subordinateIdRange } from './subordinate-ids.js';

const answering =
  (answers: Readonly<Record<string, string | number>>): RunCommand =>
  async (program, args) => {
    const answer = answers[[program, ...args].join(' ')] ?? 127;
    const [exitCode, stdout] = typeof answer === 'number' ? [answer, ''] : [0, answer];
    return { exitCode, stdout, stderr: '', gaveUp: false, ended: Promise.resolve() };
  };
const user = { 'getent passwd kubelet': 'kubelet:x:900:900::/:\n' };
const both = (line: string) => ({ ...user, 'getsubids kubelet': line, 'getsubids -g kubelet': line });

describe('subordinateIdRange', () => {
  it.each([
    ['no user kubelet', { 'getent passwd kubelet': 2 }, { firstId: 65_536, length: 2 ** 32 - 65_536 }],
    ['no getsubids', user, { firstId: 65_536, length: 2 ** 32 - 65_536 }],
    ['one range', both('0: kubelet 131072 7208960\n'), { firstId: 131_072, length: 7_208_960 }],
  ])('with %s', async (_, answers, expected) => {
    expect(await subordinateIdRange({ maxPods: 110, runCommand: answering(answers) })).toEqual({ ...expected, idsPerPod: 65_536 });
  });

  it.each([
    ['two ranges', both('0: kubelet 131072 65536\n1: kubelet 262144 65536\n'), 'exactly one range'],
    ['a crooked start', both('0: kubelet 100000 7208960\n'), 'multiples of 65536'],
    ['a start too low', both('0: kubelet 0 7208960\n'), 'must not start before'],
    ['too few ids', both('0: kubelet 131072 65536\n'), 'room for 1 pods, not for 110'],
    [
      'groups that differ',
      { ...both('0: kubelet 131072 65536\n'), 'getsubids -g kubelet': '0: kubelet 262144 65536\n' },
      'not the same range',
    ],
    ['a failing getsubids', { ...user, 'getsubids kubelet': 1, 'getsubids -g kubelet': 1 }, 'getsubids failed'],
  ])('refuses %s', async (_, answers, message) => {
    await expect(subordinateIdRange({ maxPods: 110, runCommand: answering(answers) })).rejects.toMatchObject({
      code: 'USER_NAMESPACE_UNAVAILABLE',
      message: expect.stringContaining(message),
    });
  });
});
