import type { NodeAdmissionFacts } from '../core/admission/node-admission-facts.js';

/** A node with 4 CPUs and 8 GiB that admits 110 pods. */
export const nodeFacts = (rest: Partial<NodeAdmissionFacts> = {}): NodeAdmissionFacts => ({
  nodeName: 'node1',
  allocatable: { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '20Gi' },
  labels: { 'kubernetes.io/hostname': 'node1', 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' },
  nodeIps: ['192.0.2.10'],
  operatingSystem: 'linux',
  allowedUnsafeSysctls: [],
  supplementalGroupsPolicy: true,
  appArmor: false,
  shuttingDown: false,
  pressures: [],
  ...rest,
});
