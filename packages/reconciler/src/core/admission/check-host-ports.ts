import type { AdmissionCheck } from './admission-check.js';
import { takenHostPorts } from './host-ports.js';

/** Upstream: scheduler/framework/plugins/nodeports. */
export const checkHostPorts: AdmissionCheck = ({ pod, neighbours }) =>
  takenHostPorts(pod, neighbours.onHostPorts).length > 0
    ? { reason: 'NodePorts', message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports" }
    : undefined;
