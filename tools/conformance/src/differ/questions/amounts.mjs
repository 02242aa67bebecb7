import { get, patchStep, post, put } from './steps.mjs';

const IN = '/api/v1/namespaces/{{ns}}';
const PODS = `${IN}/pods`;

const QUANTITIES = {
  cpu: ['100m', '1', '500m', '2', '0', '0.5', '1500m'],
  memory: ['64Mi', '1Gi', '1G', '128Mi', '0', '1e9'],
  'ephemeral-storage': ['1Gi', '2Gi'],
  'example.com/x': ['1', '2'],
};

const listOf = (random, chance = 0.5) =>
  Object.fromEntries(
    Object.entries(QUANTITIES)
      .filter(([name]) => random.chance(name === 'cpu' || name === 'memory' ? chance : 0.1))
      .map(([name, values]) => [name, random.pick(values)]),
  );

/** One amount alone: a server that ranges over maps says several in any order. */
const oneOf = (random, names = ['cpu', 'memory']) => {
  const name = random.pick(names);
  return { [name]: random.pick(QUANTITIES[name]) };
};

const limitItem = (random) => {
  const type = random.pick(['Container', 'Container', 'Container', 'Pod', 'PersistentVolumeClaim']);
  if (type === 'PersistentVolumeClaim')
    return {
      type,
      ...(random.chance(0.6) && { min: { [random.pick(['storage', 'storage', 'example.com/x'])]: random.pick(['1Gi', '2Gi']) } }),
      ...(random.chance(0.6) && { max: { [random.pick(['storage', 'storage', 'example.com/x'])]: random.pick(['2Gi', '5Gi', '1000Mi']) } }),
    };
  const kind = random.pick(['cpu', 'memory']);
  const [small, middle, large] = kind === 'cpu' ? ['100m', '500m', '2'] : ['64Mi', '128Mi', '1Gi'];
  return {
    type,
    ...(random.chance(0.4) && { min: { [kind]: small } }),
    ...(random.chance(0.4) && { max: { [kind]: large } }),
    ...(type === 'Container' && random.chance(0.4) && { default: { [kind]: random.pick([middle, large]) } }),
    ...(type === 'Container' && random.chance(0.4) && { defaultRequest: { [kind]: random.pick([small, middle]) } }),
    ...(random.chance(0.3) && { maxLimitRequestRatio: { [kind]: random.pick(['1', '2', '1500m', '4']) } }),
  };
};

const containerOf = (random, name) => ({
  name,
  image: 'i:1',
  ...(random.chance(0.7) && {
    resources: {
      ...(random.chance(0.7) && { requests: listOf(random) }),
      ...(random.chance(0.6) && { limits: listOf(random) }),
    },
  }),
});

const podOf = (random, name) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...(random.chance(0.1) && { annotations: { 'kubernetes.io/limit-ranger': 'mine' } }) },
  spec: {
    containers: ['c', 'd'].slice(0, 1 + random.below(2)).map((each) => containerOf(random, each)),
    ...(random.chance(0.3) && {
      initContainers: [{ ...containerOf(random, 'i'), ...(random.chance(0.4) && { restartPolicy: 'Always' }) }],
    }),
    ...(random.chance(0.2) && { activeDeadlineSeconds: random.pick([0, 5, 100]) }),
    ...(random.chance(0.15) && { resources: { requests: oneOf(random), limits: oneOf(random) } }),
    ...(random.chance(0.1) && { overhead: oneOf(random) }),
    ...(random.chance(0.15) && { priorityClassName: random.pick(['system-node-critical', 'system-cluster-critical']) }),
    ...(random.chance(0.1) && {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'z', labelSelector: {}, ...(random.chance(0.7) && { namespaces: ['other'] }) },
          ],
        },
      },
    }),
  },
});

const claimOf = (random, name) => ({
  metadata: { name },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: random.pick(['1Gi', '3Gi', '10Gi', '500Mi', '1500m']) } },
    ...(random.chance(0.7) && { storageClassName: random.pick(['s', 'gold', '']) }),
    ...(random.chance(0.1) && { volumeAttributesClassName: 'v' }),
  },
});

const serviceOf = (random, name) => ({
  metadata: { name },
  spec: {
    ports: [
      { name: 'a', port: 80 },
      { name: 'b', port: 81 },
    ].slice(random.below(2)),
    type: random.pick(['ClusterIP', 'NodePort', 'LoadBalancer']),
    ...(random.chance(0.1) && { externalName: 'x.y' }),
  },
});

/** What a namespace's LimitRanges make of Pods and claims, and which they refuse. */
export const limits = ({ random }) => {
  const steps = Array.from({ length: 1 + (random.chance(0.15) ? 1 : 0) }, (_, i) =>
    post(`${IN}/limitranges`, {
      metadata: { name: `l${i}` },
      spec: { limits: Array.from({ length: 1 + random.below(2) }, () => limitItem(random)) },
    }),
  );
  for (let i = 0; i < 4; i++) {
    const way = random.below(10);
    const settle = i === 0;
    if (way < 6) steps.push({ ...post(`${PODS}${random.pick(['', '', '', '?dryRun=All'])}`, podOf(random, `p${i}`)), settle });
    else if (way < 8) steps.push({ ...post(`${IN}/persistentvolumeclaims`, claimOf(random, `c${i}`)), settle });
    else if (way < 9)
      steps.push({
        ...patchStep(`${PODS}/p0/resize`, 'strategic-merge-patch+json', {
          spec: { containers: [{ name: 'c', resources: { requests: listOf(random), limits: listOf(random) } }] },
        }),
        settle,
      });
    else
      steps.push({
        ...patchStep(`${IN}/persistentvolumeclaims/c0`, 'merge-patch+json', { spec: { resources: { requests: { storage: '20Gi' } } } }),
        settle,
      });
  }
  return steps;
};

const HARD = {
  pods: ['1', '2', '0'],
  'count/pods': ['1', '3'],
  cpu: ['1', '500m'],
  'requests.cpu': ['1', '2'],
  'limits.cpu': ['2', '3'],
  memory: ['1Gi'],
  'requests.memory': ['1Gi', '128Mi'],
  'limits.memory': ['2Gi'],
  'requests.ephemeral-storage': ['1Gi'],
  'requests.example.com/x': ['1'],
  services: ['1', '2'],
  'services.nodeports': ['1', '0', '3'],
  'services.loadbalancers': ['0', '1'],
  persistentvolumeclaims: ['1', '2'],
  'requests.storage': ['2Gi', '5Gi'],
  'gold.storageclass.storage.k8s.io/requests.storage': ['2Gi'],
  's.storageclass.storage.k8s.io/persistentvolumeclaims': ['0', '1'],
  configmaps: ['1', '2'],
  secrets: ['1'],
  'count/configmaps': ['1'],
  'count/deployments.apps': ['1', '0'],
  'count/leases.coordination.k8s.io': ['0'],
  resourcequotas: ['1', '2'],
};

const SCOPES = ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'PriorityClass', 'CrossNamespacePodAffinity'];

const quotaOf = (random, name) => {
  const about = random.below(3);
  const fits = (each) =>
    about === 0 ? /^(pods|count\/pods|cpu|memory|requests\.[cme]|limits)/.test(each) : about === 1 ? !/cpu|memory|pods/.test(each) : true;
  const hard = Object.fromEntries(
    Object.entries(HARD)
      .filter(([each]) => fits(each) && random.chance(0.3))
      .map(([each, values]) => [each, random.pick(values)]),
  );
  const scoped = random.chance(0.35);
  const podsAlone = { pods: random.pick(['1', '2']) };
  return {
    metadata: { name },
    spec: {
      hard: scoped ? podsAlone : hard,
      ...(scoped && random.chance(0.5) && { scopes: [random.pick(SCOPES)] }),
      ...(scoped &&
        random.chance(0.6) && {
          scopeSelector: {
            matchExpressions: [
              {
                scopeName: 'PriorityClass',
                operator: random.pick(['In', 'NotIn']),
                values: ['system-node-critical'],
              },
            ],
          },
        }),
    },
  };
};

/** What a namespace's quotas count and refuse: their status is written by hand, as no controller does. */
export const quotas = ({ random }) => {
  const quota = quotaOf(random, 'q');
  const { hard } = quota.spec;
  const used = Object.fromEntries(
    Object.keys(hard)
      .filter(() => random.chance(0.95))
      .map((name) => [name, '0']),
  );
  const at = `${IN}/resourcequotas/q`;
  const steps = [post(`${IN}/resourcequotas`, quota)];
  if (random.chance(0.9)) steps.push(put(`${at}/status`, { ...quota, status: { hard, ...(random.chance(0.9) && { used }) } }));
  for (let i = 0; i < 6; i++) {
    const way = random.below(20);
    const settle = true;
    const dry = random.pick(['', '', '', '', '?dryRun=All']);
    if (way < 7) steps.push({ ...post(`${PODS}${dry}`, podOf(random, `p${i}`)), settle });
    else if (way < 10) steps.push({ ...post(`${IN}/services${dry}`, serviceOf(random, `s${i}`)), settle });
    else if (way < 13) steps.push({ ...post(`${IN}/persistentvolumeclaims${dry}`, claimOf(random, `c${i}`)), settle });
    else if (way < 15)
      steps.push({
        ...post(`${IN}/${random.pick(['configmaps', 'secrets'])}${dry}`, { metadata: { name: `m${random.below(3)}` } }),
        settle,
      });
    else if (way < 16)
      steps.push({ ...patchStep(`${PODS}/p${random.below(3)}`, 'merge-patch+json', { spec: { activeDeadlineSeconds: 9 } }), settle });
    else if (way < 17)
      steps.push({
        ...patchStep(`${IN}/services/s${random.below(3)}`, 'merge-patch+json', { spec: { type: random.pick(['NodePort', 'ClusterIP']) } }),
        settle,
      });
    else if (way < 18)
      steps.push({ ...post('/apis/coordination.k8s.io/v1/namespaces/{{ns}}/leases', { metadata: { name: `l${i}` }, spec: {} }), settle });
    else if (way < 19) steps.push({ ...post(`${IN}/resourcequotas`, { metadata: { name: `q${i}` }, spec: { hard: {} } }), settle });
    else
      steps.push({
        ...patchStep(`${IN}/persistentvolumeclaims/c${random.below(3)}/status`, 'merge-patch+json', {
          status: { phase: 'Bound', allocatedResources: { storage: '3Gi' } },
        }),
        settle,
      });
  }
  return [...steps, { ...get(at), settle: true }];
};

/** What a runtime class asks of the Pods that name it, and what classes of priority give. */
export const classes = ({ random }) => {
  const list = (names = ['cpu', 'memory']) => oneOf(random, names);
  const runtimeClass = {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name: '{{ns}}-r' },
    handler: 'h',
    ...(random.chance(0.6) && {
      overhead: random.pick([{ podFixed: { cpu: '1' } }, { podFixed: { cpu: '500m', memory: '1Gi' } }, {}, { podFixed: {} }]),
    }),
    ...(random.chance(0.5) && {
      scheduling: {
        ...(random.chance(0.6) && { nodeSelector: random.pick([{ a: 'b' }, { a: 'b', c: 'd' }, {}]) }),
        ...(random.chance(0.6) && {
          tolerations: random.pick([
            [{ key: 'k', operator: 'Exists' }],
            [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }],
            [{ operator: 'Exists' }],
            [
              { key: 'k', value: 'v', effect: 'NoSchedule' },
              { key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' },
            ],
          ]),
        }),
      },
    }),
  };
  const steps = [post('/apis/node.k8s.io/v1/runtimeclasses', runtimeClass)];
  const priority = {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: '{{ns}}-p' },
    value: random.pick([0, 7, -3, 1000000000, 1000000001]),
    ...(random.chance(0.3) && { preemptionPolicy: random.pick(['Never', 'PreemptLowerPriority', 'x']) }),
    ...(random.chance(0.2) && { description: 'd' }),
  };
  if (random.chance(0.5)) steps.push(post('/apis/scheduling.k8s.io/v1/priorityclasses', priority));
  for (let i = 0; i < 3; i++) {
    steps.push({
      ...post(PODS, {
        metadata: { name: `p${i}` },
        spec: {
          containers: [containerOf(random, 'c')],
          ...(random.chance(0.7) && { runtimeClassName: random.pick(['{{ns}}-r', '{{ns}}-r', '{{ns}}-r', 'none-such', '', 'A_']) }),
          ...(random.chance(0.5) && {
            overhead: random.pick([{ cpu: '1' }, { cpu: '1000m' }, { cpu: '0.5', memory: '1024Mi' }, list(), {}, { cpu: '2' }]),
          }),
          ...(random.chance(0.3) && { nodeSelector: random.pick([{ a: 'x' }, { a: 'b' }, { z: 'y' }, {}]) }),
          ...(random.chance(0.3) && {
            tolerations: random.pick([
              [{ key: 'k', operator: 'Exists' }],
              [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }],
              [{ key: 'z', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 3 }],
            ]),
          }),
          ...(random.chance(0.3) && { priorityClassName: random.pick(['{{ns}}-p', 'system-node-critical', 'nope', '']) }),
          ...(random.chance(0.15) && { priority: random.pick([0, 7, 2000001000]) }),
          ...(random.chance(0.15) && { preemptionPolicy: random.pick(['Never', 'PreemptLowerPriority']) }),
        },
      }),
      settle: i === 0,
    });
  }
  if (random.chance(0.3))
    steps.push(
      patchStep('/apis/scheduling.k8s.io/v1/priorityclasses/{{ns}}-p', 'merge-patch+json', {
        ...random.pick([{ value: 9 }, { preemptionPolicy: 'Never' }, { description: 'e' }, { metadata: { labels: { a: 'b' } } }]),
      }),
    );
  return steps;
};
