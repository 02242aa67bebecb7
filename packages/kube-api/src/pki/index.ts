export { type CertificatePair, type NodeCa, openNodeCa } from './node-ca.js';
