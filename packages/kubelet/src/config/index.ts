export { decodeConfiguration } from './decode-configuration.js';
export { fields, type KubeletConfiguration } from './fields.js';
export { flagTable } from './flag-table.js';
export { parseIngress } from './ingress-flags.js';
export { type KubeApiFlags, parseKubeApiAddress } from './kube-api-address.js';
export { type KubeletFlags, loadConfiguration } from './load-configuration.js';
export { parseFlags } from './parse-flags.js';
export { type ReleaseChanges, refusedByRelease, releaseChanges } from './release-changes.js';
export { parseServiceNetwork } from './service-network-flags.js';
