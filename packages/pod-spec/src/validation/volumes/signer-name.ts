import { byteLength, goQuote } from '../go-print.js';
import { dnsLabelErrors, dnsSubdomainErrors } from '../grammar.js';
import type { Report } from '../report.js';

const MAX_DOMAIN_BYTES = 253;
const MAX_SIGNER_NAME_BYTES = MAX_DOMAIN_BYTES + 1 + 253 + 63 + 1;

/** A signer that Kubernetes keeps for itself. */
export const isKubernetesSigner = (signerName: string): boolean => `.${signerName.split('/', 1)[0]}`.endsWith('.kubernetes.io');

/** `domain/path`. Of the parts of each, only the first bad one is told. */
export const validateSignerName = (signerName: string, field: string, report: Report): void => {
  if (signerName === '') {
    report.required(field);
    return;
  }
  const [domain, path, ...more] = signerName.split('/');
  if (domain === undefined || path === undefined || more.length > 0) {
    report.invalid(field, signerName, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
    return;
  }
  if (byteLength(domain) > MAX_DOMAIN_BYTES) report.tooLong(field, MAX_DOMAIN_BYTES);
  const labels = domain.split('.');
  validateFirstBad(labels, dnsLabelErrors, domain, field, report);
  if (labels.length < 2) report.invalid(field, domain, 'should be a domain with at least two segments separated by dots');
  validateFirstBad(path.split('.'), dnsSubdomainErrors, path, field, report);
  if (byteLength(signerName) > MAX_SIGNER_NAME_BYTES) report.tooLong(field, MAX_SIGNER_NAME_BYTES);
};

const validateFirstBad = (
  parts: readonly string[],
  errorsOf: (part: string) => readonly string[],
  value: string,
  field: string,
  report: Report,
): void => {
  const bad = parts.find((part) => errorsOf(part).length > 0);
  if (bad === undefined) return;
  for (const problem of errorsOf(bad)) report.invalid(field, value, `validating label ${goQuote(bad)}: ${problem}`);
};
