import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { freePorts } from './free-port.js';
import { startSimulatedNode } from './script/simulated-node.js';

// The real Prometheus finds what there is by its kubernetes_sd, follows it.

const onPath = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'prometheus'));
const program = process.env['PROMETHEUS'] ?? onPath.find(existsSync);
if (program === undefined)
  console.warn(
    'Prometheus is not tried: PROMETHEUS names none, and there is none in PATH (Debian from 13 on: prometheus; that of 12 knows no Kubernetes)',
  );

const ROLES = ['node', 'pod', 'service', 'endpoints', 'endpointslice', 'ingress'] as const;
const LIMIT = { timeoutMs: 60_000 };

const SHOP = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: REPLICAS
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: app, image: web, ports: [{ name: http, containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http }] }
`;

interface Target {
  readonly scrapePool: string;
  readonly discoveredLabels: Readonly<Record<string, string>>;
}

it('finds nodes, Pods, Services and their endpoints, and follows them', { skip: program === undefined, timeout: 240_000 }, async ({
  skip,
}) => {
  await using node = await startSimulatedNode(['--service-cluster-ip-range', '10.96.0.0/16']);
  const shop = (replicas: number): Promise<void> =>
    writeFile(join(node.manifests, 'shop.yaml'), SHOP.replace('REPLICAS', String(replicas)));
  await shop(2);
  const config = join(node.directory, 'prometheus.yml');
  const scrape_configs = ROLES.map((role) => ({
    job_name: role,
    kubernetes_sd_configs: [{ role, kubeconfig_file: node.kubeconfig, ...(role === 'pod' && { attach_metadata: { node: true } }) }],
  }));
  await writeFile(config, stringify({ scrape_configs }));
  const checked = spawnSync(join(dirname(program!), 'promtool'), ['check', 'config', config], { encoding: 'utf8' });
  if (`${checked.stdout}${checked.stderr}`.includes('kubernetes_sd_configs not found')) {
    console.warn(`Prometheus is not tried: ${program} was built without kubernetes_sd (as Debian 12 does)`);
    return skip();
  }
  const [port = 0] = await freePorts(1);
  const data = join(node.directory, 'prometheus');
  const args = ['--config.file', config, '--storage.tsdb.path', data, '--web.listen-address', `127.0.0.1:${port}`];
  const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk;
  });
  const ended = once(child, 'exit');
  try {
    const targets = async (): Promise<readonly Target[]> => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/targets?state=active`, { signal: AbortSignal.timeout(5_000) });
      return ((await answer.json()) as { readonly data: { readonly activeTargets: readonly Target[] } }).data.activeTargets;
    };
    const ofRole = async (role: string): Promise<readonly Target['discoveredLabels'][]> =>
      (await targets()).filter(({ scrapePool }) => scrapePool === role).map(({ discoveredLabels }) => discoveredLabels);
    const found = (role: string, count: number): Promise<readonly Target['discoveredLabels'][]> =>
      waitFor(
        async () => {
          const all = await ofRole(role).catch(() => []);
          return all.length === count && all;
        },
        { what: `${count} of ${role}`, ...LIMIT },
      );
    const [ofNode] = await found('node', 1);
    expect(ofNode).toMatchObject({ __meta_kubernetes_node_name: node.name, __meta_kubernetes_node_label_kubernetes_io_os: 'linux' });
    const pods = await found('pod', 2);
    for (const labels of pods) {
      expect(labels).toMatchObject({
        __address__: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+:8080$/),
        __meta_kubernetes_pod_phase: 'Running',
        __meta_kubernetes_pod_ready: 'true',
        __meta_kubernetes_pod_controller_kind: 'ReplicaSet',
        __meta_kubernetes_node_name: node.name,
      });
    }
    expect((await found('service', 1))[0]).toMatchObject({ __meta_kubernetes_service_name: 'web', __address__: 'web.default.svc:80' });
    const addresses = pods.map(({ __address__ }) => __address__).toSorted();
    for (const role of ['endpoints', 'endpointslice']) {
      const all = await found(role, 2);
      expect(all.map(({ __address__ }) => __address__).toSorted()).toEqual(addresses);
      expect(all[0]).toMatchObject({ __meta_kubernetes_service_name: 'web', __meta_kubernetes_pod_label_app: 'web' });
    }
    expect(await ofRole('ingress')).toEqual([]);

    await shop(3);
    for (const role of ['pod', 'endpoints', 'endpointslice']) await found(role, 3);
    await shop(0);
    for (const role of ['pod', 'endpoints', 'endpointslice']) await found(role, 0);
    expect(log.split('\n').filter((line) => /level=(error|warn)/.test(line))).toEqual([]);
  } catch (cause) {
    throw new Error(`Prometheus said:\n${log}`, { cause });
  } finally {
    child.kill();
    await ended;
  }
});
