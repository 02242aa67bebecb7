import {
  dnsSubdomainErrors,
  parseIpAddress,
  type Report,
  subdomainNameErrors,
  wildcardSubdomainErrors,
} from '@solo-kubelet/pod-spec/schema';
import type { HTTPIngressPath, Ingress, IngressRule, IngressTLS } from '../gen/object-types.js';
import { validateIngressBackend } from './ingress-backend.js';
import type { KindRules } from './kind-rules.js';

/** Named the class before `spec.ingressClassName` did. */
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

const FORBIDDEN_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const FORBIDDEN_ENDS = ['/..', '/.'];

const hostErrors = (host: string): readonly string[] => (host.includes('*') ? wildcardSubdomainErrors(host) : dnsSubdomainErrors(host));

const validatePath = ({ path = '', pathType, backend = {} }: HTTPIngressPath, field: string, report: Report): void => {
  if (pathType === undefined) {
    report.required(`${field}.pathType`, 'pathType must be specified');
    return;
  }
  const types = ['Exact', 'ImplementationSpecific', 'Prefix'];
  const refuse = (detail: string): void => report.invalid(`${field}.path`, path, detail);
  if (!types.includes(pathType)) report.notSupported(`${field}.pathType`, pathType, types);
  else if (pathType === 'ImplementationSpecific') {
    if (path !== '' && !path.startsWith('/')) refuse('must be an absolute path');
  } else {
    if (!path.startsWith('/')) refuse('must be an absolute path');
    for (const sequence of FORBIDDEN_SEQUENCES) if (path.includes(sequence)) refuse(`must not contain '${sequence}'`);
    for (const end of FORBIDDEN_ENDS) if (path.endsWith(end)) refuse(`cannot end with '${end}'`);
  }
  validateIngressBackend(backend, `${field}.backend`, report);
};

const validateRule = ({ host = '', http }: IngressRule, field: string, report: Report): void => {
  if (host !== '') {
    if (parseIpAddress(host) !== undefined) report.invalid(`${field}.host`, host, 'must be a DNS name, not an IP address');
    report.invalidEach(`${field}.host`, host, hostErrors(host));
  }
  if (http === undefined) return;
  const paths = http.paths ?? [];
  if (paths.length === 0) report.required(`${field}.http.paths`);
  for (const [i, path] of paths.entries()) validatePath(path, `${field}.http.paths[${i}]`, report);
};

const validateTls = ({ hosts = [], secretName = '' }: IngressTLS, field: string, report: Report): void => {
  for (const [i, host] of hosts.entries()) report.invalidEach(`${field}.hosts[${i}]`, host, hostErrors(host));
  if (secretName !== '') report.invalidEach(`${field}.secretName`, secretName, dnsSubdomainErrors(secretName));
};

const validate = ({ spec = {} }: Ingress, report: Report): void => {
  const { rules = [], tls = [], defaultBackend, ingressClassName } = spec;
  if (rules.length === 0 && defaultBackend === undefined) {
    report.invalidStructure('spec', spec.rules, 'either `defaultBackend` or `rules` must be specified');
  }
  if (defaultBackend !== undefined) validateIngressBackend(defaultBackend, 'spec.defaultBackend', report);
  for (const [i, rule] of rules.entries()) validateRule(rule, `spec.rules[${i}]`, report);
  for (const [i, entry] of tls.entries()) validateTls(entry, `spec.tls[${i}]`, report);
  if (ingressClassName !== undefined) report.invalidEach('spec.ingressClassName', ingressClassName, dnsSubdomainErrors(ingressClassName));
};

export const ingressRules: KindRules<Ingress> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  updateChecksMetadata: true,
  validate: (ingress, report) => {
    validate(ingress, report);
    const annotation = ingress.metadata.annotations?.[CLASS_ANNOTATION];
    const name = ingress.spec?.ingressClassName;
    if (annotation === undefined || name === undefined || annotation === name) return;
    report.invalid(`annotations.${CLASS_ANNOTATION}`, annotation, 'must match `ingressClassName` when both are specified');
  },
  validateUpdate: (ingress, _old, report) => validate(ingress, report),
  warnings: ({ metadata, spec }, update) =>
    update === undefined && metadata.annotations?.[CLASS_ANNOTATION] !== undefined && spec?.ingressClassName === undefined
      ? [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
};
