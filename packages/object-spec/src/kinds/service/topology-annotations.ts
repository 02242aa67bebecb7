/** How traffic is kept in its zone; `TOPOLOGY_HINTS` is its old name. */
export const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode';

export const TOPOLOGY_HINTS = 'service.kubernetes.io/topology-aware-hints';
