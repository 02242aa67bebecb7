import { describe, expect, it } from 'vitest';
import { judgeTexts, messagesOf, warningsOf } from '../../testing/judge-text.js';

const service = judgeTexts('v1', 'Service');
const PORTS = 'ports: [{port: 80}]';
const withPort = (more: string): string => `spec: {${PORTS}, ${more}}`;

describe('a Service', () => {
  it.each([
    [
      '',
      {
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      },
    ],
    ['clusterIP: 10.0.0.1', { clusterIPs: ['10.0.0.1'] }],
    ['externalIPs: [192.0.2.1]', { externalTrafficPolicy: 'Cluster' }],
    ['type: LoadBalancer', { externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: true }],
    ['sessionAffinity: ClientIP', { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } }],
  ])('is completed: {%s}', (more, spec) => expect(service.sound(withPort(more))).toMatchObject({ spec }));

  it.each([
    ['spec: {}', ['spec.ports: Required value']],
    ['spec: {clusterIP: None}', []],
    ['spec: {type: ExternalName, externalName: a.b.}', []],
    [
      'spec: {type: ExternalName, clusterIP: 10.0.0.1}',
      ['spec.clusterIPs: Forbidden: may not be set for ExternalName services', 'spec.externalName: Required value'],
    ],
    [
      withPort('type: NodePort, clusterIP: None'),
      ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
    ],
    // Clients that show them as they come get the order of kube-apiserver.
    [
      'spec: {type: X, sessionAffinity: Q, ports: [{port: 80, name: a}, {port: 80, name: b}]}',
      [
        'spec.sessionAffinity: Unsupported value: "Q": supported values: "ClientIP", "None"',
        'spec.type: Unsupported value: "X": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
        'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
      ],
    ],
    [
      'spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}, {port: 80, nodePort: 30080, name: a}]}',
      [
        'spec.ports[0].name: Required value',
        'spec.ports[1].nodePort: Duplicate value: 30080',
        expect.stringMatching(/^spec\.ports\[1\]: Duplicate value: /),
      ],
    ],
    ['spec: {ports: [{port: 80, nodePort: 30080}]}', ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"]],
    [
      withPort('clusterIP: 10.0.0.1, clusterIPs: [10.0.0.2]'),
      [expect.stringMatching(/^spec\.clusterIPs: Invalid value: .*: first value must match `clusterIP`$/)],
    ],
    [
      withPort('clusterIP: 10.0.0.1, ipFamilies: [IPv6]'),
      ['spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`'],
    ],
    [
      withPort('clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, 10.0.0.2]'),
      [expect.stringMatching(/: may specify no more than one IP for each IP family$/)],
    ],
    [withPort('ipFamilies: [IPv4, IPv4]'), ['spec.ipFamilies[1]: Duplicate value: "IPv4"']],
    [withPort('clusterIP: 010.0.0.1'), ['spec.clusterIPs[0]: Invalid value: "010.0.0.1": must not have leading 0s']],
    [withPort('externalIPs: [127.0.0.1]'), [expect.stringContaining('may not be in the loopback range')]],
    [withPort('type: LoadBalancer, externalTrafficPolicy: Local'), ['spec.healthCheckNodePort: Required value']],
    [
      withPort('loadBalancerSourceRanges: [" 10.0.0.0/8 "], loadBalancerClass: a'),
      [
        "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
        "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
      ],
    ],
    [
      withPort('sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}'),
      ['spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400'],
    ],
    [
      withPort('trafficDistribution: X'),
      ['spec.trafficDistribution: Unsupported value: "X": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"'],
    ],
  ])('%s', (body, messages) => expect(messagesOf(service.create(body))).toEqual(messages));

  it.each([
    ['type: LoadBalancer', '"1.2.3.0/24, 1.2.3.4/24"', ['must not have bits set beyond the prefix length']],
    ['type: ClusterIP', '""', ["may only be used when `type` is 'LoadBalancer'"]],
  ])('of %s may give source ranges in an annotation: %s', (type, ranges, details) => {
    const annotation = 'service.beta.kubernetes.io/load-balancer-source-ranges';
    const result = service.create(withPort(type), `annotations: {${annotation}: ${ranges}}`);
    expect(result.ok ? [] : result.issues.map(({ field, detail }) => [field, detail])).toEqual(
      details.map((detail) => [`metadata.annotations[${annotation}]`, detail]),
    );
  });

  it('is warned of fields that have no effect', () => {
    expect(
      warningsOf(service.create('spec: {clusterIP: None, externalIPs: [192.0.2.1], sessionAffinity: ClientIP, externalName: a}')),
    ).toEqual([
      'spec.externalIPs is ignored for headless services',
      'spec.SessionAffinity is ignored for headless services',
      'spec.externalName is ignored when spec.type is not "ExternalName"',
    ]);
  });
});

describe('a change of a Service', () => {
  it.each([
    ['clusterIP: 10.0.0.1', 'clusterIP: 10.0.0.2', [expect.stringMatching(/^spec\.clusterIPs\[0\]: .*: may not change once set$/)]],
    ['clusterIP: 10.0.0.1', '', [expect.stringMatching(/^spec\.clusterIPs\[0\]: .*: primary clusterIP can not be unset$/)]],
    ['ipFamilies: [IPv4]', 'ipFamilies: [IPv6]', [expect.stringMatching(/^spec\.ipFamilies\[0\]: .*: may not change once set$/)]],
    [
      'clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, "fd00::1"]',
      'clusterIP: 10.0.0.1',
      ["spec.ipFamilyPolicy: Invalid value: null: must be set to 'SingleStack' when releasing the secondary clusterIP"],
    ],
    [
      'type: LoadBalancer, loadBalancerClass: a',
      'type: LoadBalancer',
      ['spec.loadBalancerClass: Invalid value: null: may not change once set'],
    ],
    [
      'type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30000',
      'type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30001',
      ['spec.healthCheckNodePort: Forbidden: field is immutable'],
    ],
  ])('{%s} to {%s}', (before, after, messages) => expect(messagesOf(service.update(withPort(before), withPort(after)))).toEqual(messages));

  it('of its type drops what the new type has no use for', () => {
    const before = 'type: LoadBalancer, ports: [{port: 80, nodePort: 30080}], loadBalancerClass: a';
    const after =
      'ports: [{port: 80, nodePort: 30080}], loadBalancerClass: a, externalTrafficPolicy: Cluster, allocateLoadBalancerNodePorts: true';
    const result = service.update(`spec: {${before}}`, `spec: {type: ClusterIP, ${after}}`);
    expect(result.ok && 'spec' in result.object && result.object.spec).toEqual({
      type: 'ClusterIP',
      internalTrafficPolicy: 'Cluster',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      sessionAffinity: 'None',
    });
  });

  it('of its type is refused with a node port that it did not have', () => {
    const after = 'spec: {type: ClusterIP, ports: [{port: 80, nodePort: 30081}]}';
    expect(messagesOf(service.update('spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}', after))).toEqual([
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ]);
  });

  it('to an external name drops the addresses', () => {
    const result = service.update(withPort('clusterIP: 10.0.0.1'), withPort('type: ExternalName, externalName: a.b, clusterIP: 10.0.0.1'));
    expect(messagesOf(result)).toEqual([]);
  });
});
