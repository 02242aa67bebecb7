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
