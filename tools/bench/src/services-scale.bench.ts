import { execFile } from 'node:child_process';
import { loadavg } from 'node:os';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { NetworkPolicy, Service } from '../../../packages/object-spec/src/index.js';
import {
  computeServiceNetwork,
  type EndpointPod,
  type NftTable,
  parseIpRange,
  type ServiceNetwork,
  type ServiceNetworkInput,
  tableChangeScript,
  wholeTableScript,
} from '../../../packages/service-network/src/index.js';
import { createNetns } from '../../e2e/cni/lab.js';
import { type Figure, report, spread } from './figures.js';

const SERVICES = 1_000;
const ENDPOINTS = 10;
const POLICIES = 100;
const CHANGES = Number(process.env['CHANGES'] ?? 40);
const ROUNDS = Number(process.env['ROUNDS'] ?? 5);

const settings: ServiceNetworkInput['settings'] = {
  ranges: [parseIpRange('10.96.0.0/16')!],
  nodePorts: { from: 30_000, to: 32_767 },
  clusterDomain: 'cluster.local',
  owner: 'bench',
};

const services: readonly Service[] = Array.from({ length: SERVICES }, (_, index) => ({
  metadata: { name: `shop-${index}`, namespace: 'default', uid: `s${index}` },
  spec: {
    type: 'ClusterIP',
    selector: { app: `app-${index}` },
    ports: [{ name: 'http', port: 80, targetPort: 8_080, protocol: 'TCP' as const }],
  },
}));

const pods: readonly EndpointPod[] = Array.from({ length: SERVICES * ENDPOINTS }, (_, index) => ({
  namespace: 'default',
  name: `pod-${index}`,
  uid: `p${index}`,
  labels: { app: `app-${index % SERVICES}` },
  ips: [`10.${128 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`],
  hostNetwork: false,
  hostname: '',
  subdomain: '',
  ready: true,
  terminating: false,
  ports: [{ name: 'http', protocol: 'TCP', port: 8_080 }],
  hostPorts: [],
}));

/** Each isolates the Pods of one Service and lets those of another in. */
const policies: readonly NetworkPolicy[] = Array.from({ length: POLICIES }, (_, index) => ({
  metadata: { name: `only-${index}`, namespace: 'default' },
  spec: {
    podSelector: { matchLabels: { app: `app-${index}` } },
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ podSelector: { matchLabels: { app: `app-${index + 1}` } } }], ports: [{ protocol: 'TCP', port: 8_080 }] }],
  },
}));

const inputOf = (some: Partial<ServiceNetworkInput>): ServiceNetworkInput => ({
  services,
  slices: [],
  pods,
  namespaces: NAMESPACES,
  policies: NO_POLICIES,
  previous: new Map(),
  node: NODE,
  settings,
  ...some,
});
const NAMESPACES = new Map([['default', {}]]);
const NO_POLICIES: readonly NetworkPolicy[] = [];
const NODE = { name: 'node1', addresses: ['192.0.2.1'], listeners: new Set<string>() };

const tablesOf = ({ policyTables, tables }: ServiceNetwork): readonly NftTable[] => [...policyTables, ...tables];

/** What makes the kernel's tables of the one those of the other. */
const scriptOf = (before: ServiceNetwork | undefined, now: ServiceNetwork): string =>
  tablesOf(now)
    .map((table) => {
      const old = before && tablesOf(before).find(({ name }) => name === table.name);
      return old === undefined ? wholeTableScript(table) : old === table ? '' : tableChangeScript(old, table);
    })
    .join('');

const cpuMs = (work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
};

const changed = (index: number, make: (pod: EndpointPod) => EndpointPod, before: readonly EndpointPod[]): readonly EndpointPod[] =>
  before.with(index, make(before[index]!));

const CHANGE: readonly (readonly [string, (pod: EndpointPod, turn: number) => EndpointPod, Partial<ServiceNetworkInput>])[] = [
  ['a Pod becomes ready or not', (pod) => ({ ...pod, ready: !pod.ready }), {}],
  ['a Pod’s labels change, no Service is concerned', (pod, turn) => ({ ...pod, labels: { ...pod.labels, turn: String(turn) } }), {}],
  [`a Pod becomes ready or not, ${POLICIES} policies`, (pod) => ({ ...pod, ready: !pod.ready }), { policies }],
  [
    `a Pod’s labels change, no Service or policy of ${POLICIES} is concerned`,
    (pod, turn) => ({ ...pod, labels: { ...pod.labels, turn: String(turn) } }),
    { policies },
  ],
];

/** The nft of a network namespace of its own, CPU of it, ms. */
const createNft = async () => {
  const netns = await createNetns('scale');
  return {
    netns,
    load: async (script: string): Promise<number> => {
      const child = promisify(execFile)('ip', ['netns', 'exec', netns.name, 'bash', '-c', 'TIMEFORMAT="%U %S"; time nft -f -']);
      child.child.stdin!.end(script);
      const { stderr } = await child;
      const [user = 0, system = 0] = stderr.trim().split(' ').map(Number);
      return (user + system) * 1_000;
    },
  };
};

it(`measures ${SERVICES} Services of ${ENDPOINTS} Pods each`, { timeout: 3_600_000 }, async () => {
  const { netns, load } = await createNft();
  await using _ = netns;
  const figures: Figure[] = [];
  const loads: number[] = [];
  const full: number[] = [];
  const fullNft: number[] = [];
  let first: ServiceNetwork | undefined;
  for (let round = 0; round < ROUNDS; round += 1) {
    let script = '';
    full.push(
      cpuMs(() => {
        first = computeServiceNetwork(inputOf({}));
        script = scriptOf(undefined, first);
      }),
    );
    fullNft.push(await load(script));
    loads.push(loadavg()[0]!);
  }
  figures.push(
    { name: 'all of it, from nothing to the text for nft', unit: 'ms CPU', spread: spread(full), goal: 'under 500, with nft' },
    { name: '… nft', unit: 'ms CPU', spread: spread(fullNft) },
  );
  for (const [name, make, more] of CHANGE) {
    let now = computeServiceNetwork(inputOf({ ...more, previous: first!.allocations }));
    await load(scriptOf(undefined, now));
    const [own, nft]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < CHANGES; turn += 1) {
      const input = inputOf({
        ...more,
        previous: now.allocations,
        pods: changed((turn * 397) % pods.length, (pod) => make(pod, turn), now.input.pods),
      });
      const before = now;
      let script = '';
      own.push(
        cpuMs(() => {
          now = computeServiceNetwork(input, before);
          script = scriptOf(before, now);
        }),
      );
      if (script !== '') nft.push(await load(script));
      loads.push(loadavg()[0]!);
    }
    figures.push({ name, unit: 'ms CPU', spread: spread(own), goal: 'under 30, with nft' });
    if (nft.length > 0) figures.push({ name: '… nft', unit: 'ms CPU', spread: spread(nft) });
    expect(now.records.get('shop-1.default.svc.cluster.local')).toBeDefined();
  }
  figures.push({ name: 'load of the machine', unit: '', spread: spread(loads) });
  process.stdout.write(`${report(figures)}\n`);
});
