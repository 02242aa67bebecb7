import { access, readdir, readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { platform, release, userInfo } from 'node:os';
import { createCriClient } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import { untilRecovered } from '../client/runtime-recovery.js';
import { explainRuntimeNetwork, readRuntimeNetwork } from '../cni/runtime-network.js';
import { findContainerdBinaries } from '../containerd/binaries.js';
import { CGROUP_MOUNT_POINT, cgroupVersion } from '../node/cgroups.js';
import { hasSwap, readText } from '../node/read-machine.js';
import type { HostReport, RuntimeReport } from './checks.js';

const KUBELET_PORTS = [10_248, 10_250, 10_255];
const RUNTIME_TIMEOUT_MS = 3_000;
/** A runtime that starts with many pods may take so long to know them. */
const RECOVERY_TIMEOUT_MS = 30_000;

export interface ExamineOptions {
  readonly endpoint: string;
  /** `PATH` is where programs are looked for; plugins that are asked for their version inherit all of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Looks at this machine; changes nothing. */
export const examineHost = async ({ endpoint, env, signal }: ExamineOptions): Promise<HostReport> => {
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const version = await cgroupVersion();
  const [programs, runtime, cgroupControllers, portsInUse, ipForward, swaps, mounts] = await Promise.all([
    findContainerdBinaries({ path: env['PATH'] ?? '', osRelease }),
    examineRuntime(endpoint, env, signal),
    controllers(version),
    busyPorts(),
    readText('/proc/sys/net/ipv4/ip_forward'),
    readText('/proc/swaps'),
    readText('/proc/self/mountinfo'),
  ]);
  return {
    platform: platform(),
    uid: userInfo().uid,
    kernel: release(),
    programs,
    endpoint,
    runtime,
    cgroupVersion: version,
    cgroupControllers,
    swap: hasSwap(swaps),
    systemd: await isThere('/run/systemd/system'),
    sharedRoot: isSharedRoot(mounts),
    ipForward: ipForward === '' ? undefined : ipForward.trim() === '1',
    portsInUse,
    freeSpace: await Promise.all(['/var/lib', '/var/log'].map(freeShare)),
  };
};

const examineRuntime = async (endpoint: string, env: ExamineOptions['env'], signal: AbortSignal): Promise<RuntimeReport> => {
  await using cri = createCriClient({ endpoint, timeoutMs: RUNTIME_TIMEOUT_MS });
  try {
    const { runtimeName, runtimeVersion } = await cri.runtime.version({}, { signal });
    await untilRecovered(cri, { signal: AbortSignal.any([signal, AbortSignal.timeout(RECOVERY_TIMEOUT_MS)]) });
    const { status } = await cri.runtime.status({}, { signal });
    const conditions = status?.conditions ?? [];
    const noNetwork = conditions.some((condition) => condition.type === 'NetworkReady' && !condition.status);
    const explained = noNetwork
      ? await explainRuntimeNetwork(await readRuntimeNetwork(cri, { signal }), { runtimeName, env, signal })
      : undefined;
    return { type: 'up', version: `${runtimeName} ${runtimeVersion}`, conditions, networkFindings: explained?.findings };
  } catch (error) {
    return { type: 'down', message: describeError(error) };
  }
};

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const controllers = async (version: 1 | 2): Promise<readonly string[]> =>
  version === 2
    ? (await readText(`${CGROUP_MOUNT_POINT}/cgroup.controllers`)).trim().split(' ')
    : (await readdir(CGROUP_MOUNT_POINT).catch(() => [])).flatMap((name) => name.split(','));

const busyPorts = async (): Promise<readonly number[]> => {
  const busy = await Promise.all(
    KUBELET_PORTS.map(
      (port) =>
        new Promise<boolean>((resolve) => {
          const server = createServer();
          server.once('error', () => resolve(true));
          server.listen(port, () => server.close(() => resolve(false)));
        }),
    ),
  );
  return KUBELET_PORTS.filter((_, index) => busy[index]);
};

const freeShare = async (path: string): Promise<{ readonly path: string; readonly share: number }> => {
  const { bavail, blocks } = await statfs(path).catch(() => ({ bavail: 1, blocks: 1 }));
  return { path, share: bavail / blocks };
};

/** From /proc/self/mountinfo: the last mount on `/` counts. True where there is no such table. */
export const isSharedRoot = (mountInfo: string): boolean => {
  const root = mountInfo.split('\n').findLast((line) => line.split(' ')[4] === '/');
  return root === undefined || / shared:\d+ /.test(root);
};
