import { describeError } from '@solo-kubelet/diagnostics';
import { defaultUserNamespaceRange } from './core/id-ranges.js';
import { type RunCommand, runCommand as runProgram } from './mounts/run-command.js';
import type { UserNamespaceRange } from './node-environment.js';
import { PodEnvironmentError } from './pod-environment-error.js';

export interface SubordinateIdOptions {
  /** `userNamespaces.idsPerPod`. Default 65536. */
  readonly idsPerPod?: number;
  readonly maxPods: number;
  /** Runs getsubids(1); replaced in tests. */
  readonly runCommand?: RunCommand;
}

const TIMEOUT_MS = 10_000;

/**
 * The host ids for user namespaces: those that /etc/subuid and /etc/subgid give the user `kubelet`, if there is such a user and getsubids(1);
 * else everything above the first block. Throws when the user has ids that cannot be used. Upstream: pkg/kubelet/userns and kubelet_pods.go.
 */
export const subordinateIdRange = async (options: SubordinateIdOptions): Promise<UserNamespaceRange> => {
  const { idsPerPod = defaultUserNamespaceRange.idsPerPod, maxPods, runCommand = runProgram } = options;
  const ask = (program: string, ...args: readonly string[]) => runCommand(program, args, { timeoutMs: TIMEOUT_MS });
  const user = await ask('getent', 'passwd', 'kubelet');
  const uids = user.exitCode === 0 ? await ask('getsubids', 'kubelet') : undefined;
  if (uids === undefined || uids.exitCode === 127) return { firstId: idsPerPod, length: 2 ** 32 - idsPerPod, idsPerPod };
  const gids = await ask('getsubids', '-g', 'kubelet');
  try {
    if (uids.exitCode !== 0 || gids.exitCode !== 0) throw new Error(`getsubids failed: ${(uids.stderr || gids.stderr).trim()}`);
    if (uids.stdout.trim() !== gids.stdout.trim()) throw new Error('its user ids and group ids are not the same range');
    return checkedRange(uids.stdout, idsPerPod, maxPods);
  } catch (error) {
    throw new PodEnvironmentError({
      code: 'USER_NAMESPACE_UNAVAILABLE',
      retryable: false,
      message: `the subordinate ids of user kubelet cannot be used: ${describeError(error)}`,
      hint: 'Mend the lines of kubelet in /etc/subuid and /etc/subgid, or remove them.',
    });
  }
};

const checkedRange = (line: string, idsPerPod: number, maxPods: number): UserNamespaceRange => {
  const [, first, count] = /^0: kubelet (\d+) (\d+)\s*$/.exec(line) ?? [];
  if (first === undefined || count === undefined) throw new Error('there must be exactly one range');
  const [firstId, length] = [Number(first), Number(count)];
  if (firstId % idsPerPod !== 0 || length % idsPerPod !== 0) throw new Error(`start and length must be multiples of ${idsPerPod}`);
  if (firstId < idsPerPod) throw new Error(`it must not start before ${idsPerPod}`);
  if (length / idsPerPod < maxPods) throw new Error(`it has room for ${length / idsPerPod} pods, not for ${maxPods}`);
  return { firstId, length, idsPerPod };
};
