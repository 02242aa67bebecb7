export { keepAdminKubeconfig, kubeconfigText, serverUrl } from './pki/kubeconfig.js';
export { type CertificatePair, type ClientIdentity, type NodeCa, openNodeCa } from './pki/node-ca.js';
export { type KubeApiOptions, runKubeApi } from './run-kube-api.js';
