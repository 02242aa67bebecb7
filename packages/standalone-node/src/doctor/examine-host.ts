import { access, readdir, readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { platform, release, userInfo } from 'node:os';
import { createCriClient } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import { explainRuntimeNetwork, readRuntimeNetwork } from '@solo-kubelet/kubelet/networks';
import { hasSwap, readText, runtimeCgroupDriver } from '@solo-kubelet/kubelet/node';
import { untilRecovered } from '@solo-kubelet/kubelet/runtime';
import { CGROUP_MOUNT_POINT, detectCgroupVersion } from '@solo-kubelet/pod-environment/cgroups';
import { joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { findContainerdBinaries } from '../containerd/binaries.js';
import { sandboxImageName } from '../sandbox-image/sandbox-image-name.js';
import type { HostReport, RuntimeReport } from './checks.js';
import { hasImage, missingImages } from './missing-images.js';
import { judgeRuntime } from './runtime-checks.js';

const KUBELET_PORTS = [10_248, 10_250, 10_255];
/** A machine that is busy, or starts this program from an SD card, takes its time. */
const RUNTIME_TIMEOUT_MS = 20_000;
/** A runtime that starts with many pods may take so long to know them. */
const RECOVERY_TIMEOUT_MS = 30_000;

export interface ExamineOptions {
  readonly endpoint: string;
  /** `PATH` is where programs are looked for; plugins that are asked for their version inherit all of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the manifests whose images are to be here. */
  readonly manifestDirectory: string;
  /** `cgroupDriver` of the kubelet's configuration; undefined when it is not known. */
  readonly configuredDriver: string | undefined;
  /** Ports of the kubelet that runs. */
  readonly kubeletPorts: readonly number[];
  readonly signal: AbortSignal;
}

/** Looks at this machine; changes nothing. */
export const examineHost = async (options: ExamineOptions): Promise<HostReport> => {
  const { endpoint, env } = options;
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const version = await detectCgroupVersion();
  const systemd = await isThere('/run/systemd/system');
  const [programs, runtime, cgroupControllers, portsInUse, ipForward, swaps, mounts] = await Promise.all([
    findContainerdBinaries({ path: env['PATH'] ?? '', osRelease }),
    examineRuntime({ ...options, cgroupVersion: version, systemd }),
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
    systemd,
    sharedRoot: isSharedRoot(mounts),
    ipForward: switchedOn(ipForward),
    portsInUse,
    kubeletPorts: options.kubeletPorts,
    freeSpace: await Promise.all(['/var/lib', '/var/log'].map(freeShare)),
  };
};

interface ExamineRuntimeOptions extends ExamineOptions {
  readonly cgroupVersion: 1 | 2;
  readonly systemd: boolean;
}

const examineRuntime = async (options: ExamineRuntimeOptions): Promise<RuntimeReport> => {
  const { endpoint, env, signal, manifestDirectory, configuredDriver, cgroupVersion, systemd } = options;
  await using cri = createCriClient({ endpoint, timeoutMs: RUNTIME_TIMEOUT_MS });
  try {
    const { runtimeName, runtimeVersion } = await cri.runtime.version({}, { signal });
    using limit = joinSignals([signal, timeoutSignal(RECOVERY_TIMEOUT_MS)]);
    await untilRecovered(cri, { signal: limit.signal });
    const { status } = await cri.runtime.status({}, { signal });
    const conditions = status?.conditions ?? [];
    // A runtime that takes the network for ready has not looked for the plugins.
    const explained = await explainRuntimeNetwork(await readRuntimeNetwork(cri, { signal }), { runtimeName, env, signal });
    const sandboxImage = await sandboxImageName(cri, { endpoint, signal });
    const findings = judgeRuntime({
      runtimeName,
      cgroupDriver: (await runtimeCgroupDriver(cri, { signal })).driver,
      configuredDriver,
      cgroupVersion,
      systemd,
      sandboxImage: sandboxImage ? { image: sandboxImage, present: await hasImage(cri, sandboxImage, signal) } : undefined,
      missingImages: await missingImages(cri, manifestDirectory, { signal }),
      manifestDirectory,
      routeLocalnet: switchedOn(await readText('/proc/sys/net/ipv4/conf/all/route_localnet')),
    });
    return { type: 'up', version: `${runtimeName} ${runtimeVersion}`, conditions, networkFindings: explained.findings, findings };
  } catch (error) {
    return { type: 'down', message: describeError(error) };
  }
};

const switchedOn = (text: string): boolean | undefined => (text === '' ? undefined : text.trim() === '1');

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
