import { collectionOf, objectOf, SAMPLES } from '../samples/index.mjs';
import { get, patchStep, post, put } from './steps.mjs';

const LEVELS = ['privileged', 'baseline', 'restricted', 'baseline', 'restricted', 'restricted', 'x'];
const VERSIONS = [
  'latest',
  'v1.0',
  'v1.7',
  'v1.18',
  'v1.22',
  'v1.24',
  'v1.27',
  'v1.30',
  'v1.33',
  'v1.34',
  'v1.36',
  'v1.99',
  'v2.0',
  '1.25',
  'v1.01',
];

const labels = (random) => {
  const found = {};
  for (const mode of ['enforce', 'warn', 'audit']) {
    if (random.chance(0.5)) found[`pod-security.kubernetes.io/${mode}`] = random.pick(LEVELS);
    if (random.chance(0.4)) found[`pod-security.kubernetes.io/${mode}-version`] = random.pick(VERSIONS);
  }
  return found;
};

const PROFILES = [{ type: 'RuntimeDefault' }, { type: 'Unconfined' }, { type: 'Localhost', localhostProfile: 'p' }];
const SELINUX = [{ type: 'container_t' }, { type: 'spc_t' }, { type: 'container_engine_t', user: 'u' }, { role: 'r' }, { level: 's0' }];

/** Each choice with its own chance; what is not chosen is left out. */
const some = (random, choices, probability = 0.3) =>
  Object.fromEntries(
    Object.entries(choices).flatMap(([name, values]) => (random.chance(probability) ? [[name, random.pick(values)]] : [])),
  );

const CAPABILITIES = [
  { drop: ['ALL'] },
  { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
  { add: ['SYS_ADMIN', 'CHOWN'] },
  { add: ['NET_RAW'], drop: ['NET_RAW'] },
  { drop: ['ALL'], add: ['CHOWN'] },
];

const container = (random, name) => ({
  name,
  image: 'img:1',
  ...some(
    random,
    {
      ports: [
        [{ containerPort: 80, hostPort: 8080 }],
        [{ containerPort: 80 }],
        [
          { containerPort: 1, hostPort: 9 },
          { containerPort: 2, hostPort: 10 },
        ],
      ],
      livenessProbe: [
        { httpGet: { port: 80, host: 'a.example' } },
        { tcpSocket: { port: 80 } },
        { tcpSocket: { port: 80, host: '10.0.0.1' } },
      ],
      lifecycle: [{ preStop: { httpGet: { port: 80, host: 'b.example' } } }, { preStop: { exec: { command: ['x'] } } }],
    },
    0.15,
  ),
  ...(random.chance(0.8) && {
    securityContext: {
      ...(random.chance(0.6) && { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true }),
      ...some(
        random,
        {
          capabilities: CAPABILITIES,
          seccompProfile: PROFILES,
          appArmorProfile: PROFILES,
          runAsUser: [0, 1000],
          runAsNonRoot: [true, false],
          seLinuxOptions: SELINUX,
          procMount: ['Default', 'Unmasked'],
        },
        0.2,
      ),
      ...(random.chance(0.08) && { privileged: true, allowPrivilegeEscalation: true }),
    },
  }),
});

const VOLUMES = [
  { hostPath: { path: '/' } },
  { emptyDir: {} },
  { nfs: { server: 's', path: '/' } },
  { configMap: { name: 'c' } },
  { hostPath: { path: '/x' } },
  { rbd: { monitors: ['m'], image: 'i' } },
  { image: { reference: 'r' } },
  { fc: { wwids: ['w'] } },
];

const podSpec = (random) => ({
  containers: ['c', 'd'].slice(0, 1 + random.below(2)).map((name) => container(random, name)),
  ...(random.chance(0.3) && { initContainers: [container(random, 'i')] }),
  ...(random.chance(0.3) && { volumes: [random.pick(VOLUMES), random.pick(VOLUMES)].map((volume, i) => ({ name: `v${i}`, ...volume })) }),
  ...some(random, { hostNetwork: [true], hostPID: [true], hostIPC: [true], hostUsers: [false, true] }, 0.1),
  ...(random.chance(0.6) && {
    securityContext: {
      ...(random.chance(0.5) && { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }),
      ...some(
        random,
        {
          seccompProfile: PROFILES,
          appArmorProfile: PROFILES,
          runAsUser: [0, 1000],
          runAsNonRoot: [true, false],
          seLinuxOptions: SELINUX,
          sysctls: [
            [
              { name: 'net.ipv4.tcp_rmem', value: '1' },
              { name: 'kernel.shm_rmid_forced', value: '1' },
            ],
            [
              { name: 'kernel.msgmax', value: '1' },
              { name: 'net.core.somaxconn', value: '1' },
            ],
          ],
        },
        0.2,
      ),
    },
  }),
});

const ANNOTATIONS = [
  { 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' },
  { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' },
  { 'container.seccomp.security.alpha.kubernetes.io/c': 'localhost/x' },
];

const WORKLOADS = ['deployments', 'jobs', 'cronjobs', 'podtemplates', 'replicationcontrollers', 'statefulsets'];

const workload = (random, spec, metadata) => {
  const sample = random.pick(SAMPLES.filter(({ plural }) => WORKLOADS.includes(plural)));
  const object = objectOf(sample, 'w');
  const inner = sample.kind === 'CronJob' ? object.spec.jobTemplate.spec : (object.spec ?? object);
  inner.template = {
    ...inner.template,
    metadata: { ...inner.template?.metadata, ...metadata },
    spec: { ...spec, ...(['Job', 'CronJob'].includes(sample.kind) && { restartPolicy: 'Never' }) },
  };
  return { path: collectionOf(sample), object };
};

/** Pods and workloads in a namespace whose labels say how much they may do. */
export const security = ({ random }) => {
  const namespace = '/api/v1/namespaces/{{ns}}';
  const pods = `${namespace}/pods`;
  const steps = [patchStep(namespace, 'merge-patch+json', { metadata: { labels: labels(random) } })];
  for (let i = 0; i < 4; i++) {
    const way = random.below(8);
    const metadata = random.chance(0.2) ? { annotations: random.pick(ANNOTATIONS) } : {};
    const spec = podSpec(random);
    if (way < 4) {
      const name = random.chance(0.2) ? { generateName: 'g-' } : { name: `p${i}` };
      steps.push(
        post(`${pods}${random.pick(['', '', '?dryRun=All'])}`, { kind: 'Pod', apiVersion: 'v1', metadata: { ...metadata, ...name }, spec }),
      );
    } else if (way < 6) {
      const { path, object } = workload(random, spec, metadata);
      steps.push(post(path, object), put(`${path}/w`, object));
    } else if (way < 7) {
      steps.push(patchStep(namespace, 'merge-patch+json', { metadata: { labels: labels(random) } }));
    } else {
      const named = `${pods}/p0`;
      const image = { spec: { containers: [{ name: 'c', image: `img:${i + 2}` }] } };
      steps.push(patchStep(named, 'strategic-merge-patch+json', random.chance(0.6) ? image : { metadata: { labels: { i: `${i}` } } }));
      const debug = {
        spec: { ephemeralContainers: [{ ...container(random, 'e'), ports: undefined, livenessProbe: undefined, lifecycle: undefined }] },
      };
      steps.push(patchStep(`${named}/ephemeralcontainers`, 'strategic-merge-patch+json', debug));
    }
  }
  const other = { kind: 'Namespace', apiVersion: 'v1', metadata: { name: '{{ns}}-s', labels: labels(random) } };
  return [...steps, post('/api/v1/namespaces?dryRun=All', other), get(namespace)];
};
