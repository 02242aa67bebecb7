import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { parseMeminfo, readSystemUuid } from '@solo-kubelet/node-stats';
import type { MetricFamily } from './exposition.js';

/** What cAdvisor tells of the machine itself (metrics/prometheus_machine.go there), as far as every Linux knows it. */
export const machineMetrics = async (): Promise<readonly MetricFamily[]> => {
  const systemUuid = await readSystemUuid();
  const [cpuinfo, meminfo, machineId, bootId, osRelease] = (await Promise.all(
    ['/proc/cpuinfo', '/proc/meminfo', '/etc/machine-id', '/proc/sys/kernel/random/boot_id', '/etc/os-release'].map((path) =>
      readFile(path, 'utf8').catch(() => ''),
    ),
  )) as [string, string, string, string, string];
  const labels = { boot_id: bootId.trim(), machine_id: machineId.trim(), system_uuid: systemUuid };
  const memory = parseMeminfo(meminfo);
  const cpus = countCpus(cpuinfo);
  const gauge = (name: string, help: string, value: number): MetricFamily => ({ name, help, type: 'gauge', samples: [{ labels, value }] });
  return [
    {
      name: 'cadvisor_version_info',
      help: "A metric with a constant '1' value labeled by kernel version, OS version, docker version, cadvisor version & cadvisor revision.",
      type: 'gauge',
      samples: [
        {
          labels: {
            cadvisorRevision: '',
            cadvisorVersion: '',
            dockerVersion: '',
            kernelVersion: release(),
            osVersion: /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? '',
          },
          value: 1,
        },
      ],
    },
    {
      name: 'container_scrape_error',
      help: '1 if there was an error while getting container metrics, 0 otherwise',
      type: 'gauge',
      samples: [{ value: 0 }],
    },
    gauge('machine_cpu_cores', 'Number of logical CPU cores.', cpus.logical),
    gauge('machine_cpu_physical_cores', 'Number of physical CPU cores.', cpus.physical),
    gauge('machine_cpu_sockets', 'Number of CPU sockets.', cpus.sockets),
    gauge('machine_memory_bytes', 'Amount of memory installed on the machine.', memory['MemTotal'] ?? 0),
    gauge('machine_swap_bytes', 'Amount of swap memory available on the machine.', memory['SwapTotal'] ?? 0),
    {
      name: 'machine_scrape_error',
      help: '1 if there was an error while getting machine metrics, 0 otherwise.',
      type: 'gauge',
      samples: [{ value: 0 }],
    },
  ];
};

/** Processors, distinct cores and distinct packages of /proc/cpuinfo; a machine that does not tell counts each processor as a core of one package. */
export const countCpus = (cpuinfo: string): { readonly logical: number; readonly physical: number; readonly sockets: number } => {
  const processors = cpuinfo.split('\n\n').filter((block) => /^processor\s*:/m.test(block));
  const field = (block: string, name: string): string | undefined => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(block)?.[1];
  const cores = new Set(processors.map((block, index) => `${field(block, 'physical id') ?? 0}/${field(block, 'core id') ?? index}`));
  const sockets = new Set(processors.map((block) => field(block, 'physical id') ?? '0'));
  return { logical: processors.length, physical: cores.size, sockets: sockets.size };
};
