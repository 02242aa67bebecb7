import { execFile } from 'node:child_process';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { expect, it } from 'vitest';
import { podManifest } from '../../e2e/src/kubelet/manifests.js';
import { startNode } from '../../e2e/src/kubelet/node.js';
import { type Figure, report, spread } from './figures.js';
import { cpuSeconds, pssMiB } from './process-cost.js';

const run = promisify(execFile);
const MANY = 10;
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const REST_SECONDS = Number(process.env['REST_SECONDS'] ?? 45);
/** Until what the starts took is handed back. */
const SETTLE_MS = 30_000;
/** Of the bench alone. */
const RANGE = '10.219.32.0/20';
const INGRESS_PORTS = '20980,20943';

const IDLE_POD = {
  terminationGracePeriodSeconds: 1,
  containers: [{ name: 'app', image: imageNames.busybox, command: ['sleep', '100000'] }],
};

const service = (index: number): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: `s${index}`, namespace: 'default' },
  spec: { selector: { app: `a${index}` }, ports: [{ port: 80, targetPort: 8_080 }] },
});

const POLICY = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'some', namespace: 'default' },
  spec: {
    podSelector: { matchLabels: { app: 'a1' } },
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'a2' } } }] }],
  },
};

const INGRESS = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    rules: [
      {
        host: 'web.example',
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's1', port: { number: 80 } } } }] },
      },
    ],
  },
};

/** Two kubelets beside each other with the same Pods, one of which has all of a network. Its proxy is a process of its own, and not counted. */
it('measures what Services, their names, a policy and an Ingress cost at rest', { timeout: 1_800_000 }, async () => {
  const flags = ['--service-cluster-ip-range', RANGE, '--service-dns-address', '169.254.77.55'];
  flags.push('--ingress-proxy', 'haproxy', '--ingress-ports', INGRESS_PORTS, '--ingress-addresses', '127.0.0.1');
  await using served = await startNode({ flags });
  await using alone = await startNode();
  try {
    for (let index = 0; index < MANY; index += 1) {
      const pod = podManifest(`p${index}`, IDLE_POD, { labels: { app: `a${index}` } });
      for (const node of [served, alone]) await node.drop(`p${index}.yaml`, pod);
      await served.drop(`s${index}.yaml`, service(index));
    }
    await served.drop('policy.yaml', POLICY);
    await served.drop('ingress.yaml', INGRESS);
    for (const node of [served, alone])
      await waitFor(async () => (await node.running()).size === MANY, { what: 'all Pods', timeoutMs: 180_000 });
    await delay(SETTLE_MS);
    const pids = [served.kubelet().pid, alone.kubelet().pid] as const;
    const [cpu, cpuMore, pss, pssMore, load]: [number[], number[], number[], number[], number[]] = [[], [], [], [], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = await Promise.all(pids.map(cpuSeconds));
      const beganMs = performance.now();
      await delay(REST_SECONDS * 1_000);
      const seconds = (performance.now() - beganMs) / 1_000;
      const shares = (await Promise.all(pids.map(cpuSeconds))).map((now, index) => ((now - (before[index] ?? 0)) / seconds) * 100);
      const [share = 0, shareAlone = 0] = shares;
      const [much = 0, little = 0] = await Promise.all(pids.map(pssMiB));
      cpu.push(share);
      cpuMore.push(share - shareAlone);
      pss.push(much);
      pssMore.push(much - little);
      load.push(loadavg()[0] ?? 0);
    }
    const figures: Figure[] = [
      { name: `CPU at rest, ${MANY} Services, names, a policy, an Ingress`, unit: '% of a core', spread: spread(cpu) },
      { name: '… more than the same Pods alone', unit: '% of a core', spread: spread(cpuMore), goal: 'under 0.05' },
      { name: 'memory (PSS)', unit: 'MiB', spread: spread(pss) },
      { name: '… more than the same Pods alone', unit: 'MiB', spread: spread(pssMore), goal: 'under 12' },
      { name: 'load of the machine', unit: '', spread: spread(load) },
    ];
    process.stdout.write(`${report(figures)}\n`);
    expect(pss).toHaveLength(ROUNDS);
  } finally {
    // Without its flags the kubelet takes down what it has made.
    flags.length = 0;
    await served.restartKubelet();
    const rules = async (): Promise<string> => (await run('nft', ['list', 'ruleset'], { maxBuffer: 64 << 20 })).stdout;
    await waitFor(async () => !(await rules()).includes(RANGE), { what: 'the rules to go', timeoutMs: 60_000 });
  }
});
