export { type AcmeIssuerOptions, acmeIssuer, type CertificateIssuer } from './acme-issuer.js';
export type { OrderOptions } from './order-certificate.js';
export { type AcmeReport, type RunAcmeOptions, runAcme } from './run-acme.js';
