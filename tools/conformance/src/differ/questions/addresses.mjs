import { get, patchStep, post } from './steps.mjs';

/** Addresses of the form `10.96.A.B`, each script's own, in several ways of writing them. */
const written = (random) => {
  const [a, b] = [random.below(250), 1 + random.below(250)];
  return random.pick([
    `10.96.${a}.${b}`,
    `010.96.${a}.${b}`,
    `10.096.${a}.0${b}`,
    `10.96.${a}.00${b}`,
    `10.97.${a}.0${b}`,
    `::ffff:10.96.${a}.${b}`,
    `fd00:0:0::00${b.toString(16)}`,
    `10.96.${a}`,
    `10.96.${a}.${b} `,
    'None',
    '',
    `0x0a.96.${a}.${b}`,
    '10.96.0.0',
    '10.96.255.255',
  ]);
};

const OTHERS = {
  externalIPs: [['1.2.3.04'], ['01.2.3.4', '::ffff:1.2.3.4'], ['127.0.0.1'], ['1.2.3.4', '1.2.3.4'], ['2001:DB8::1'], ['0.0.0.0']],
  loadBalancerIP: ['1.2.3.04', '1.2.3.4', 'x'],
  loadBalancerSourceRanges: [['10.0.0.0/08'], ['10.0.00.0/8'], ['10.0.0.1/8'], [' 10.0.0.0/8 '], ['::ffff:10.0.0.0/104'], ['x']],
  type: ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'],
  externalName: ['a.example', '1.2.3.4', '1.2.3.04', 'A_b'],
  ipFamilies: [['IPv4'], ['IPv6'], ['IPv4', 'IPv6']],
  ipFamilyPolicy: ['SingleStack', 'PreferDualStack', 'RequireDualStack'],
  sessionAffinity: ['ClientIP', 'None'],
};

const service = (random) => {
  const spec = { ports: [{ port: 80 }], selector: { app: 'x' } };
  for (const [name, values] of Object.entries(OTHERS)) if (random.chance(0.12)) spec[name] = random.pick(values);
  const address = written(random);
  if (random.chance(0.6)) spec.clusterIP = address;
  if (random.chance(0.3)) spec.clusterIPs = random.chance(0.7) ? [address] : [address, written(random)];
  return spec;
};

/** Services whose addresses are written in forms that were once taken, and some that never were. */
export const addresses = ({ random }) => {
  const path = '/api/v1/namespaces/{{ns}}/services';
  const steps = [];
  for (let i = 0; i < 3; i++) {
    steps.push(post(path, { apiVersion: 'v1', kind: 'Service', metadata: { name: `s${i}` }, spec: service(random) }));
    if (random.chance(0.5)) {
      const { ports, selector, ...rest } = service(random);
      steps.push(patchStep(`${path}/s${i}`, 'merge-patch+json', { spec: rest }));
    }
  }
  const ip = random.pick(['10.0.0.01', '10.0.0.1', '::ffff:10.0.0.1', 'fd00::01']);
  const endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'e' },
    subsets: [{ addresses: [{ ip }], ports: [{ port: 1 }] }],
  };
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'e' },
    addressType: 'IPv4',
    endpoints: [{ addresses: [ip] }],
  };
  const peers = [
    {
      ipBlock: {
        cidr: random.pick(['10.0.0.0/8', '10.00.0.0/8', '10.0.0.1/8', 'fd00::/064']),
        except: [random.pick(['10.1.0.0/16', '10.01.0.0/16'])],
      },
    },
  ];
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'e' },
    spec: { podSelector: {}, ingress: [{ from: peers }] },
  };
  steps.push(
    post('/api/v1/namespaces/{{ns}}/endpoints', endpoints),
    post('/apis/discovery.k8s.io/v1/namespaces/{{ns}}/endpointslices', slice),
    post('/apis/networking.k8s.io/v1/namespaces/{{ns}}/networkpolicies', policy),
  );
  return [...steps, get(path)];
};
