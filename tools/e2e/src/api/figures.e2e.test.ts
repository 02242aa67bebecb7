import { spawn } from 'node:child_process';
import { once as onceEvent } from 'node:events';
import { existsSync } from 'node:fs';
import { imageNames } from '@solo-kubelet-tools/images';
import { kubeletBinary, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubeletCli } from '../cli/command-line.js';
import { podManifest, SLEEP, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { freePorts } from './free-port.js';
import { ask } from './http.js';
import { parsePrometheusText, type ScrapedFamily } from './prometheus-text.js';

const MEBIBYTE = 1 << 20;
let node: TestNode;
let base: string;

/** A pod whose figures can be told in advance: a busy and a large container, an emptyDir of known size, a log of known size, probes. */
const measured = podManifest('measured', {
  volumes: [
    { name: 'scratch', emptyDir: {} },
    { name: 'host', hostPath: { path: '/tmp' } },
  ],
  initContainers: [
    script('prepare', 'dd if=/dev/zero of=/scratch/file bs=1M count=8', { volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] }),
  ],
  containers: [
    script('busy', 'trap "exit 0" TERM; while :; do :; done', { resources: { limits: { cpu: '200m', memory: '32Mi' } } }),
    script('app', `head -c 200000 /dev/zero | tr '\\0' 'x' | fold -w 100; ${SLEEP}`, {
      livenessProbe: { exec: { command: ['true'] }, periodSeconds: 1 },
      readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 },
    }),
  ],
});

beforeAll(async () => {
  const [port = 0, readOnlyPort = 0, healthzPort = 0] = await freePorts(3);
  node = await startNode({ config: { enableServer: true, port, readOnlyPort, healthzPort, address: '127.0.0.1' } });
  base = `http://127.0.0.1:${readOnlyPort}`;
  await node.drop('measured.yaml', measured);
  await node.drop(
    'broken.yaml',
    podManifest('broken', { containers: [{ name: 'app', image: imageNames.busybox, command: ['/no/such/program'] }] }),
  );
  await node.pod('measured', isRunning);
  await node.event('broken', 'Failed');
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  expect(await node.bed.leaks()).toEqual([]);
});

const scrape = async (path: string): Promise<ReadonlyMap<string, ScrapedFamily>> => {
  const { status, body, headers } = await ask(`${base}${path}`, {
    headers: { accept: 'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1' },
  });
  expect(status).toBe(200);
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  return parsePrometheusText(body);
};
const value = (
  families: ReadonlyMap<string, ScrapedFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined => {
  const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ''));
  return family?.samples.find(
    (sample) => sample.name === name && Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
  )?.value;
};

describe('/metrics', () => {
  it('tells what the kubelet did, under upstream’s names and labels', async () => {
    const metrics = await scrape('/metrics');
    const pod = { pod: 'measured-node1', namespace: 'default' };
    expect(value(metrics, 'kubelet_node_name', { node: 'node1' })).toBe(1);
    expect(value(metrics, 'kubelet_desired_pods', { static: 'true' })).toBe(2);
    expect(value(metrics, 'kubelet_active_pods', { static: 'true' })).toBe(2);
    expect(value(metrics, 'kubelet_working_pods', { lifecycle: 'sync', config: 'desired', static: 'true' })).toBe(2);
    expect(value(metrics, 'kubelet_running_pods')).toBe(2);
    expect(value(metrics, 'kubelet_running_containers', { container_state: 'running' })).toBe(2);
    expect(value(metrics, 'kubelet_started_pods_total')).toBe(2);
    expect(value(metrics, 'kubelet_started_containers_total', { container_type: 'init_container' })).toBe(1);
    expect(value(metrics, 'kubelet_started_containers_total', { container_type: 'container' })).toBeGreaterThanOrEqual(3);
    expect(
      value(metrics, 'kubelet_started_containers_errors_total', { container_type: 'container', code: 'RunContainerError' }),
    ).toBeGreaterThanOrEqual(1);
    expect(value(metrics, 'kubelet_pod_start_duration_seconds_count')).toBeGreaterThanOrEqual(1);
    expect(value(metrics, 'kubelet_pod_worker_duration_seconds_count', { operation_type: 'create' })).toBe(2);
    expect(value(metrics, 'kubelet_containers_per_pod_count_sum')).toBe(3);
    expect(value(metrics, 'kubelet_pleg_relist_duration_seconds_count')).toBeGreaterThan(1);
    expect(value(metrics, 'kubelet_pleg_relist_interval_seconds_count')).toBeGreaterThanOrEqual(1);
    expect(Math.abs(Date.now() / 1_000 - (value(metrics, 'kubelet_pleg_last_seen_seconds') ?? 0))).toBeLessThan(60);
    expect(value(metrics, 'kubelet_runtime_operations_total', { operation_type: 'create_container' })).toBeGreaterThanOrEqual(3);
    expect(value(metrics, 'kubelet_container_log_filesystem_used_bytes', { ...pod, container: 'app' })).toBeGreaterThan(200_000);
    expect(
      value(metrics, 'kubelet_http_inflight_requests', { path: 'metrics', server_type: 'readonly', method: 'GET', long_running: 'false' }),
    ).toBe(1);
    expect(
      value(await scrape('/metrics'), 'kubelet_http_requests_total', { path: 'metrics', long_running: 'false' }),
    ).toBeGreaterThanOrEqual(2);
    expect(value(metrics, 'process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(value(metrics, 'kubernetes_build_info', { major: '1', minor: '36', git_version: 'v1.36.0' })).toBe(1);
    expect(value(metrics, 'kubelet_run_podsandbox_duration_seconds_count', { runtime_handler: '' })).toBe(2);
    // containerd 1.6 cannot be asked for its cgroup driver.
    expect(value(metrics, 'kubelet_cri_losing_support', { version: '1.37.0' })).toBe(1);
  });

  it('/metrics/probes counts probes by their result', async () => {
    await waitFor(
      async () => (value(await scrape('/metrics/probes'), 'prober_probe_total', { probe_type: 'Liveness', result: 'successful' }) ?? 0) > 0,
      {
        what: 'a probe',
      },
    );
    const families = await scrape('/metrics/probes');
    const labels = { probe_type: 'Readiness', container: 'app', pod: 'measured-node1', namespace: 'default' };
    expect(value(families, 'prober_probe_duration_seconds_count', labels)).toBeGreaterThan(0);
    expect(families.get('prober_probe_total')?.samples.every(({ labels: { pod_uid } }) => /^[0-9a-f]{32}$/.test(pod_uid ?? ''))).toBe(true);
  });

  it('/metrics/resource and /metrics/cadvisor carry figures of every container', async () => {
    for (const path of ['/metrics/resource', '/metrics/cadvisor']) {
      const families = await scrape(path);
      const labels = { container: 'busy', pod: 'measured-node1', namespace: 'default' };
      expect(value(families, 'container_cpu_usage_seconds_total', labels), path).toBeGreaterThan(0);
      expect(value(families, 'container_memory_working_set_bytes', labels), path).toBeGreaterThan(0);
    }
    const resource = await scrape('/metrics/resource');
    expect(value(resource, 'resource_scrape_error')).toBe(0);
    expect(value(resource, 'pod_swap_usage_bytes', { pod: 'measured-node1' })).toBe(0);
  });

  it('/metrics/cadvisor has every family that upstream’s node tests require of a container, within their bounds', async () => {
    const families = await scrape('/metrics/cadvisor');
    const labels = { container: 'busy', pod: 'measured-node1', namespace: 'default' };
    const now = Date.now() / 1_000;
    const bounds: Readonly<Record<string, readonly [number, number]>> = {
      container_blkio_device_usage_total: [0, 1e7],
      container_cpu_cfs_periods_total: [1, 1e4],
      container_cpu_cfs_throttled_periods_total: [1, 1e4],
      container_cpu_system_seconds_total: [0, 100],
      container_cpu_usage_seconds_total: [0.01, 100],
      container_cpu_user_seconds_total: [0, 100],
      container_file_descriptors: [1, 100],
      container_fs_limit_bytes: [100 * MEBIBYTE, 1e13],
      container_fs_reads_bytes_total: [0, 1e7],
      container_fs_reads_total: [0, 100],
      container_fs_usage_bytes: [0, 1e6],
      container_fs_writes_bytes_total: [0, 1e6],
      container_fs_writes_total: [0, 200],
      container_last_seen: [now - 60, now + 60],
      container_memory_cache: [0, 10 * MEBIBYTE],
      container_memory_failcnt: [0, 0],
      container_memory_failures_total: [0, 1e6],
      container_memory_mapped_file: [0, 1e7],
      container_memory_max_usage_bytes: [0, 32 * MEBIBYTE],
      container_memory_rss: [10_240, 32 * MEBIBYTE],
      container_memory_swap: [0, 0],
      container_memory_usage_bytes: [10_240, 32 * MEBIBYTE],
      container_memory_working_set_bytes: [10_240, 32 * MEBIBYTE],
      container_oom_events_total: [0, 0],
      container_processes: [1, 10],
      container_sockets: [0, 10],
      container_spec_cpu_period: [100_000, 100_000],
      container_spec_cpu_quota: [20_000, 20_000],
      container_spec_cpu_shares: [204, 204],
      container_spec_memory_limit_bytes: [32 * MEBIBYTE, 32 * MEBIBYTE],
      container_spec_memory_reservation_limit_bytes: [0, 0],
      container_spec_memory_swap_limit_bytes: [0, 32 * MEBIBYTE],
      container_start_time_seconds: [now - 300, now],
      container_threads: [1, 10],
      container_threads_max: [0, 1e5],
      container_ulimits_soft: [-1, 1_073_741_816],
    };
    const outside = Object.entries(bounds).flatMap(([name, [low, high]]) => {
      const found = value(families, name, labels);
      return found !== undefined && found >= low && found <= high ? [] : [`${name} is ${found}, not within ${low} to ${high}`];
    });
    expect(outside).toEqual([]);
    expect(value(families, 'container_network_receive_packets_total', { pod: 'measured-node1', interface: 'eth0' })).toBeGreaterThan(0);
    expect(value(families, 'container_memory_working_set_bytes', { id: '/' })).toBeGreaterThan(MEBIBYTE);
    expect(value(families, 'machine_memory_bytes')).toBeGreaterThan(100 * MEBIBYTE);
    expect(value(families, 'cadvisor_version_info')).toBe(1);
  });
});

interface Figures {
  readonly name: string;
  readonly cpu?: {
    readonly usageNanoCores?: number;
    readonly usageCoreNanoSeconds: number;
    readonly psi?: { readonly some: { readonly avg10: number } };
  };
  readonly swap?: { readonly swapUsageBytes: number };
  readonly memory?: { readonly workingSetBytes: number; readonly availableBytes?: number; readonly rssBytes: number };
  readonly logs?: { readonly usedBytes: number; readonly capacityBytes: number };
  readonly rootfs?: { readonly usedBytes: number; readonly capacityBytes: number };
}

interface Summary {
  readonly node: Figures & {
    readonly fs: { readonly capacityBytes: number; readonly usedBytes: number };
    readonly rlimit: { readonly maxpid: number };
    readonly systemContainers: readonly Figures[];
  };
  readonly pods: readonly (Figures & {
    readonly podRef: { readonly name: string };
    readonly containers: readonly Figures[];
    readonly volume: readonly { readonly name: string; readonly usedBytes: number; readonly capacityBytes: number }[];
    readonly network?: { readonly name: string; readonly rxBytes: number };
    readonly 'ephemeral-storage': { readonly usedBytes: number };
    readonly process_stats?: { readonly process_count: number };
  })[];
}

describe('/stats/summary', () => {
  it('has figures within the bounds that the pod sets', async () => {
    const summary = async (): Promise<Summary> => JSON.parse((await ask(`${base}/stats/summary`)).body) as Summary;
    const { node: machine, pods } = await waitFor(
      async () => {
        const now = await summary();
        const busy = now.pods.flatMap(({ containers }) => containers).find(({ name }) => name === 'busy');
        const rate = busy?.cpu?.usageNanoCores ?? 0;
        return rate > 20e6 && rate < 260e6 ? now : undefined;
      },
      { what: 'a rate that fits a limit of 200m', intervalMs: 3_000, timeoutMs: 60_000 },
    );
    const pod = pods.find(({ podRef }) => podRef.name === 'measured-node1')!;
    const [busy, app] = ['busy', 'app'].map((wanted) => pod.containers.find(({ name }) => name === wanted)!) as [Figures, Figures];
    const between = (number: number | undefined, low: number, high: number, what: string): void => {
      expect(number, what).toBeGreaterThanOrEqual(low);
      expect(number, what).toBeLessThanOrEqual(high);
    };
    between(busy.memory?.workingSetBytes, 50_000, 32 * MEBIBYTE, 'working set');
    between(busy.memory?.availableBytes, 16 * MEBIBYTE, 32 * MEBIBYTE, 'room below the limit');
    expect(app.memory?.availableBytes).toBeUndefined();
    between(app.logs?.usedBytes, 200_000, 2 * MEBIBYTE, 'log');
    between(pod.volume.find(({ name }) => name === 'scratch')?.usedBytes, 8 * MEBIBYTE, 9 * MEBIBYTE, 'emptyDir');
    expect(pod.volume.map(({ name }) => name)).not.toContain('host');
    between(pod['ephemeral-storage'].usedBytes, 8 * MEBIBYTE, 16 * MEBIBYTE, 'ephemeral storage');
    between(machine.memory?.workingSetBytes, 50 * MEBIBYTE, 1e12, 'memory of the machine');
    between(machine.fs.usedBytes, MEBIBYTE, machine.fs.capacityBytes, 'file system');
    expect(machine.rlimit.maxpid).toBeGreaterThan(1_000);
    between(app.logs?.capacityBytes, MEBIBYTE, 1e16, 'file system of the logs');
    expect(machine.systemContainers.map(({ name }) => name)).toEqual(['kubelet', 'runtime', 'pods']);
    for (const system of machine.systemContainers) {
      between(system.memory?.workingSetBytes, 10_240, 1e12, `memory of ${system.name}`);
      expect(system.cpu?.usageNanoCores, system.name).toBeDefined();
    }
    between(machine.systemContainers.at(-1)?.memory?.availableBytes, MEBIBYTE, 1e12, 'what pods may still use');
    expect(busy.swap?.swapUsageBytes).toBe(0);
    if (existsSync('/proc/pressure/cpu')) between(machine.cpu?.psi?.some.avg10, 0, 100, 'pressure');
  });

  it('top shows the same, and --watch goes on showing it', async () => {
    const socket = `${node.bed.directory}/kubelet.sock`;
    const once = await kubeletCli(['top', 'pods', '--socket', socket]);
    expect(once).toMatchObject({ status: 0, stdout: expect.stringMatching(/measured-node1 +\d+m/) });
    const watching = spawn(process.execPath, [kubeletBinary, 'top', 'pods', '--watch', '--socket', socket], { stdio: 'pipe' });
    let text = '';
    watching.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await waitFor(async () => text.split('CPU(cores)').length > 3, { what: 'a third table' });
    watching.kill('SIGINT');
    const [status] = (await onceEvent(watching, 'exit')) as [number];
    expect(status).toBe(130);
  });
});
