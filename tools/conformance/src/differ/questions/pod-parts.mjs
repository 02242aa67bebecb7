import { get, patchStep, post, put } from './steps.mjs';

const PODS = '/api/v1/namespaces/{{ns}}/pods';
const BUDGETS = '/apis/policy/v1/namespaces/{{ns}}/poddisruptionbudgets';

const resources = (random) =>
  random.pick([
    { requests: { cpu: '1' } },
    { requests: { cpu: '2' }, limits: { cpu: '2' } },
    { requests: { cpu: '100m', memory: '1Gi' }, limits: { cpu: '200m', memory: '2Gi' } },
    { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } },
    { limits: { memory: '1Gi' } },
    { requests: { 'example.com/x': '1' }, limits: { 'example.com/x': '1' } },
    { requests: { 'ephemeral-storage': '1Gi' } },
    { requests: { cpu: '2' }, limits: { cpu: '1' } },
    {},
  ]);

const pod = (random) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'x', labels: { app: 'x' } },
  spec: {
    containers: ['c', 'd'].slice(0, 1 + random.below(2)).map((name) => ({
      name,
      image: 'i:1',
      resources: resources(random),
      ...(random.chance(0.2) && {
        resizePolicy: [{ resourceName: 'cpu', restartPolicy: random.pick(['RestartContainer', 'NotRequired']) }],
      }),
    })),
    ...(random.chance(0.2) && { initContainers: [{ name: 'i', image: 'i:1', ...(random.chance(0.5) && { restartPolicy: 'Always' }) }] }),
    ...(random.chance(0.5) && { nodeName: 'n1' }),
    ...(random.chance(0.2) && { schedulingGates: [{ name: 'example.com/g' }, { name: 'example.com/h' }].slice(random.below(2)) }),
    ...(random.chance(0.3) && { tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }] }),
    ...(random.chance(0.2) && { activeDeadlineSeconds: 100 }),
    ...(random.chance(0.2) && { terminationGracePeriodSeconds: random.pick([-1, 0, 5]) }),
    ...(random.chance(0.1) && { restartPolicy: 'Never' }),
    ...(random.chance(0.1) && { os: { name: random.pick(['linux', 'windows']) } }),
    ...(random.chance(0.1) && { resources: resources(random) }),
  },
});

const SPEC_CHANGES = [
  { containers: [{ name: 'c', image: 'i:2' }] },
  { containers: [{ name: 'c', image: '' }] },
  { containers: [{ name: 'c', image: ' i' }] },
  { initContainers: [{ name: 'i', image: 'i:3' }] },
  { activeDeadlineSeconds: 50 },
  { activeDeadlineSeconds: 200 },
  { activeDeadlineSeconds: null },
  { activeDeadlineSeconds: 0 },
  { tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 9 }] },
  { tolerations: [{ key: 'b', operator: 'Exists' }] },
  { tolerations: null },
  { terminationGracePeriodSeconds: 1 },
  { terminationGracePeriodSeconds: 7 },
  { schedulingGates: [] },
  { schedulingGates: null },
  { schedulingGates: [{ name: 'example.com/n' }] },
  { nodeSelector: { a: 'b' } },
  {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }] },
      },
    },
  },
  { nodeName: 'n2' },
  { priority: 5 },
  { hostNetwork: true },
  { containers: [{ name: 'c', resources: { requests: { cpu: '3' } } }] },
  { containers: [{ name: 'e', image: 'i:1' }] },
  { ephemeralContainers: [{ name: 'e', image: 'i:1' }] },
];

const ephemeral = (random) => ({
  name: random.pick(['e', 'f', 'c', 'E_']),
  image: random.pick(['i:1', '']),
  ...(random.chance(0.3) && { targetContainerName: random.pick(['c', 'none']) }),
  ...(random.chance(0.1) && { ports: [{ containerPort: 1 }] }),
  ...(random.chance(0.1) && { livenessProbe: { tcpSocket: { port: 1 } } }),
  ...(random.chance(0.1) && { resources: { limits: { cpu: '1' } } }),
  ...(random.chance(0.1) && { restartPolicy: 'Always' }),
});

const STATUSES = [
  { phase: 'Running' },
  { phase: 'Succeeded' },
  { phase: 'Pending', conditions: [{ type: 'Ready', status: 'True' }] },
  { phase: 'X' },
  { conditions: [{ type: 'PodScheduled', status: 'True', observedGeneration: 1 }] },
  { containerStatuses: [{ name: 'c', ready: true, restartCount: 0, image: 'i', imageID: 'x', state: { running: {} } }], phase: 'Running' },
  { containerStatuses: [{ name: 'c', ready: false, restartCount: 0, image: 'i', imageID: 'x', state: { terminated: { exitCode: 1 } } }] },
  { nominatedNodeName: 'N_' },
  { hostIP: 'x', podIP: '1.1.1.1' },
  { podIPs: [{ ip: '1.1.1.1' }, { ip: '1.1.1.2' }] },
  { qosClass: 'Guaranteed' },
  { resize: 'Proposed' },
  { observedGeneration: -1 },
];

const budget = (random) => ({
  metadata: { name: random.pick(['b', 'b2']) },
  spec: {
    minAvailable: random.pick([0, 1, '50%']),
    selector: random.pick([{ matchLabels: { app: 'x' } }, {}, { matchLabels: { app: 'y' } }]),
    ...(random.chance(0.3) && { unhealthyPodEvictionPolicy: 'AlwaysAllow' }),
  },
});

const eviction = (random) => ({
  apiVersion: random.pick(['policy/v1', 'policy/v1', 'policy/v1beta1']),
  kind: 'Eviction',
  metadata: { name: random.pick(['x', 'x', 'x', 'y']), ...(random.chance(0.1) && { namespace: 'other' }) },
  ...(random.chance(0.5) && {
    deleteOptions: {
      ...(random.chance(0.3) && { gracePeriodSeconds: random.pick([0, 5, -1]) }),
      ...(random.chance(0.2) && { dryRun: random.pick([['All'], ['x']]) }),
      ...(random.chance(0.2) && { preconditions: random.pick([{ uid: 'x' }, { resourceVersion: '1' }]) }),
      ...(random.chance(0.1) && { propagationPolicy: 'x' }),
    },
  }),
});

const binding = (random) => ({
  apiVersion: 'v1',
  kind: 'Binding',
  metadata: {
    name: random.pick(['x', 'x', 'y']),
    ...(random.chance(0.2) && { annotations: { a: 'b' }, labels: { l: 'm' } }),
    ...(random.chance(0.1) && { uid: 'u' }),
  },
  target: random.pick([
    { kind: 'Node', name: 'n1' },
    { name: 'n1' },
    { kind: 'Pod', name: 'n' },
    { kind: 'Node', name: '' },
    { apiVersion: 'v1', kind: 'Node', name: 'n2' },
  ]),
});

/** What may change of a Pod, and by which of its parts: itself, status, resize, ephemeral containers, binding, eviction. */
export const podParts = ({ random }) => {
  const steps = [post(PODS, pod(random))];
  for (let i = 0; i < 5; i++) {
    const way = random.below(12);
    const form = random.pick(['strategic-merge-patch+json', 'strategic-merge-patch+json', 'merge-patch+json']);
    if (way < 3) steps.push(patchStep(`${PODS}/x`, form, { spec: random.pick(SPEC_CHANGES) }));
    else if (way < 5)
      steps.push(
        patchStep(`${PODS}/x/resize`, form, {
          spec: { containers: [{ name: random.pick(['c', 'c', 'd', 'z']), resources: resources(random) }] },
        }),
      );
    else if (way < 7)
      steps.push(
        patchStep(`${PODS}/x/ephemeralcontainers`, 'strategic-merge-patch+json', { spec: { ephemeralContainers: [ephemeral(random)] } }),
      );
    else if (way < 9) steps.push(patchStep(`${PODS}/x/status`, form, { status: random.pick(STATUSES) }));
    else if (way < 10) steps.push(post(`${PODS}/x/${random.pick(['binding', 'binding', 'eviction'])}`, binding(random)));
    else if (way < 11) {
      const made = budget(random);
      steps.push(post(BUDGETS, made));
      if (random.chance(0.7))
        steps.push(
          patchStep(`${BUDGETS}/${made.metadata.name}/status`, 'merge-patch+json', {
            status: {
              observedGeneration: random.below(2),
              disruptionsAllowed: random.below(2),
              currentHealthy: 1,
              desiredHealthy: 1,
              expectedPods: 1,
            },
          }),
        );
      steps.push(post(`${PODS}/x/eviction`, eviction(random)));
    } else steps.push(put(`${PODS}/x${random.pick(['', '/resize', '/ephemeralcontainers', '/status'])}`, pod(random)));
  }
  return [...steps, get(`${PODS}/x`), get(BUDGETS)];
};
