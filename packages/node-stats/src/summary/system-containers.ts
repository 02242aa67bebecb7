import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeCgroups } from '../cgroups/node-cgroups.js';
import { readCgroup } from '../cgroups/read-cgroup.js';
import { cgroupStats } from './cgroup-stats.js';
import type { RateOf } from './cri-stats.js';
import { rfc3339 } from './node-measurements.js';
import type { ContainerStats } from './summary.js';

const NANOSECONDS_PER_TICK = 10_000_000;
const MS_PER_TICK = 10;
const BYTES_PER_KIB = 1_024;

/**
 * The kubelet, the runtime, all pods, and the rest of the system if it has a cgroup, as pkg/kubelet/server/stats/summary_sys_containers.go
 * names them. A process that shares the cgroup of the whole machine is told of by its own measurements.
 */
export const createSystemContainers = (runtimeSocket: string | undefined) => {
  const findRuntime = runtimeProcess(runtimeSocket);
  return async (cgroups: NodeCgroups | undefined, nowMs: number, rateOf: RateOf): Promise<readonly ContainerStats[]> => {
    const ofCgroup = async (name: string, path: string | undefined): Promise<ContainerStats | undefined> => {
      if (!cgroups || path === undefined || path === '/') return undefined;
      const measurements = await readCgroup(cgroups, path, nowMs);
      if (!measurements) return undefined;
      const startTime = await cgroupStartTime(cgroups, path);
      return { name, ...(startTime ? { startTime } : {}), ...cgroupStats(`system/${name}`, measurements, rateOf) };
    };
    const ofProcess = async (name: string, pid: number | undefined): Promise<ContainerStats | undefined> => {
      if (pid === undefined) return undefined;
      const [own, process] = await Promise.all([
        cgroups ? cgroupOfProcess(pid, cgroups.version).then((path) => ofCgroup(name, path)) : undefined,
        processStats(name, pid, nowMs, rateOf),
      ]);
      return process && { ...process, ...own };
    };
    const found = await Promise.all([
      ofProcess('kubelet', process.pid),
      cgroups?.runtimePath === undefined
        ? findRuntime().then((pid) => ofProcess('runtime', pid))
        : ofCgroup('runtime', cgroups.runtimePath),
      ofCgroup('misc', cgroups?.systemPath),
      ofCgroup('pods', cgroups?.podsPath),
    ]);
    return found.flatMap((stats) => (stats ? [stats] : []));
  };
};

/** The kernel keeps no time of creation: as cAdvisor, the directory's own time stands for it. */
const cgroupStartTime = async ({ mountPoint, version }: NodeCgroups, path: string): Promise<string | undefined> => {
  const found = await stat(join(mountPoint, version === 2 ? '' : 'memory', path)).catch(() => undefined);
  return found && rfc3339(found.mtimeMs);
};

/** The cgroup that measures all of a process: on v1, the one that is its cgroup for CPU as well as for memory. */
const cgroupOfProcess = async (pid: number, version: 1 | 2): Promise<string | undefined> => {
  const text = await readText(`/proc/${pid}/cgroup`);
  if (version === 2) return /^0::(.*)$/m.exec(text)?.[1];
  const memory = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(text)?.[1];
  return memory === /^\d+:(?:[^:]*,)?cpuacct(?:,[^:]*)?:(.*)$/m.exec(text)?.[1] ? memory : undefined;
};

const processStats = async (name: string, pid: number, nowMs: number, rateOf: RateOf): Promise<ContainerStats | undefined> => {
  const [line, status, machine] = await Promise.all([
    readText(`/proc/${pid}/stat`),
    readText(`/proc/${pid}/status`),
    readText('/proc/stat'),
  ]);
  // The program's name, which may hold blanks and parentheses, is the second field.
  const fields = line
    .slice(line.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [pageFaults, majorPageFaults, user = 0, system = 0, startTicks = 0] = [7, 9, 11, 12, 19].map((index) => fields[index]);
  if (line === '' || pageFaults === undefined || majorPageFaults === undefined) return undefined;
  const time = rfc3339(nowMs);
  const usageCoreNanoSeconds = (user + system) * NANOSECONDS_PER_TICK;
  const usageNanoCores = rateOf(`process/${name}`, usageCoreNanoSeconds, nowMs);
  const bootSeconds = Number(/^btime (\d+)$/m.exec(machine)?.[1] ?? 0);
  const bytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * BYTES_PER_KIB;
  return {
    name,
    startTime: rfc3339(bootSeconds * 1_000 + startTicks * MS_PER_TICK),
    cpu: { time, ...(usageNanoCores === undefined ? {} : { usageNanoCores }), usageCoreNanoSeconds },
    memory: { time, usageBytes: bytes, workingSetBytes: bytes, rssBytes: bytes, pageFaults, majorPageFaults },
  };
};

/** Finds the process that listens on a unix socket, and looks again only when that has ended. */
const runtimeProcess = (socketPath: string | undefined) => {
  let known: number | undefined;
  return async (): Promise<number | undefined> => {
    if (socketPath === undefined) return undefined;
    const inode = listeningInode(await readText('/proc/net/unix'), socketPath);
    if (inode === undefined) return undefined;
    if (known !== undefined && (await holds(known, inode))) return known;
    known = undefined;
    for (const entry of await readdir('/proc')) {
      if (/^\d+$/.test(entry) && (await holds(Number(entry), inode))) known = Number(entry);
      if (known !== undefined) break;
    }
    return known;
  };
};

const LISTENING = '00010000';

/** `Num RefCount Protocol Flags Type St Inode Path`. */
export const listeningInode = (procNetUnix: string, path: string): string | undefined =>
  procNetUnix
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[3] === LISTENING && fields[7] === path)?.[6];

const holds = async (pid: number, inode: string): Promise<boolean> => {
  const directory = `/proc/${pid}/fd`;
  const names = await readdir(directory).catch(() => []);
  const links = await Promise.all(names.map((name) => readlink(`${directory}/${name}`).catch(() => '')));
  return links.includes(`socket:[${inode}]`);
};

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
