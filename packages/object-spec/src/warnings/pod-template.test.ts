import { expect, it } from 'vitest';
import { podTemplateWarnings } from './pod-template.js';

const warningsOf = (spec: object): readonly string[] => podTemplateWarnings({ spec: { containers: [], ...spec } }, 'spec.template');

it.each<[string, object, string]>([
  [
    'an address that is not in its canonical form',
    { dnsConfig: { nameservers: ['2001:DB8::1'] } },
    'spec.template.spec.dnsConfig.nameservers[0]: IPv6 address',
  ],
  [
    'a label of nodes that has a new name',
    { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } },
    'spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated',
  ],
  [
    'a constraint without a selector',
    { topologySpreadConstraints: [{ topologyKey: 'a' }] },
    'a null labelSelector results in matching no pod',
  ],
  ['a volume of a kind that is gone', { volumes: [{ name: 'v', rbd: {} }] }, 'spec.template.spec.volumes[0].rbd: deprecated in v1.28'],
  [
    'files of a volume that fall on one another',
    {
      volumes: [
        {
          name: 'v',
          configMap: {
            name: 'c',
            items: [
              { key: 'a', path: 'x' },
              { key: 'b', path: 'x/y' },
            ],
          },
        },
      ],
    },
    'volume "v" (ConfigMap "c"): overlapping paths: "x/y" with "x"',
  ],
  [
    'ports that are declared twice',
    { containers: [{ name: 'c', ports: [{ containerPort: 80 }, { containerPort: 80, hostPort: 8080 }] }] },
    'spec.template.spec.containers[0].ports[1]: overlapping port definition with spec.template.spec.containers[0].ports[0]',
  ],
  [
    'a variable that hides another',
    {
      containers: [
        {
          name: 'c',
          env: [
            { name: 'A', value: '1' },
            { name: 'A', value: '2' },
          ],
        },
      ],
    },
    'spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
  ],
])('warns of %s', (_what, spec, warning) => {
  expect(warningsOf(spec)).toContainEqual(expect.stringContaining(warning));
});

it('says nothing of a variable that builds on another', () => {
  const env = [
    { name: 'A', value: '1' },
    { name: 'A', value: '$(A)2' },
  ];
  expect(warningsOf({ containers: [{ name: 'c', env }] })).toEqual([]);
});

it('warns in the order of upstream: constraints first, container by container, and terms of affinity late', () => {
  const preferred = [{ weight: 1, podAffinityTerm: { topologyKey: 'z' } }];
  const resources = { limits: { memory: '1m', 'ephemeral-storage': '1m' }, requests: { memory: '1m' } };
  const again = [
    { name: 'A', value: '1' },
    { name: 'A', value: '2' },
  ];
  const found = warningsOf({
    affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } },
    topologySpreadConstraints: [{ topologyKey: 'z' }],
    imagePullSecrets: [{}, {}],
    containers: [
      { name: 'c', env: again },
      { name: 'd', resources },
    ],
    terminationGracePeriodSeconds: -1,
  });
  expect(found.map((text) => text.replace(/^spec\.template\.spec\.|: .*$/g, ''))).toEqual([
    'topologySpreadConstraints[0].labelSelector',
    'imagePullSecrets[1].name',
    'imagePullSecrets[0].name',
    'imagePullSecrets[1].name',
    'containers[0].env[1]',
    'containers[1].resources.limits[memory]',
    'containers[1].resources.requests[memory]',
    'containers[1].resources.limits[ephemeral-storage]',
    'terminationGracePeriodSeconds',
    'affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector',
  ]);
});
