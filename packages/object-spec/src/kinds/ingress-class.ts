import { byteLength, dnsLabelErrors, dnsSubdomainErrors, type Report, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { IngressClass, IngressClassParametersReference } from '../gen/object-types.js';
import { validateUnchanged } from './immutable-field.js';
import type { KindRules } from './kind-rules.js';
import { validateObjectReference } from './object-reference.js';

const MAX_CONTROLLER_BYTES = 250;
const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const httpPathPattern = new RegExp(`^${HTTP_PATH}$`);

/** A domain, a slash and a path, such as `acme.io/foo`. */
const validateController = (controller: string, field: string, report: Report): void => {
  if (byteLength(controller) > MAX_CONTROLLER_BYTES) report.tooLong(field, MAX_CONTROLLER_BYTES);
  if (controller === '') {
    report.required(field);
    return;
  }
  const slash = controller.indexOf('/');
  const host = controller.slice(0, slash);
  const path = controller.slice(slash + 1);
  if (slash <= 0 || path === '') {
    report.invalid(field, controller, 'must be a domain-prefixed path (such as "acme.io/foo")');
    return;
  }
  report.invalidEach(field, host, dnsSubdomainErrors(host));
  if (!httpPathPattern.test(path)) report.invalid(field, path, `Invalid path (regex used for validation is '${HTTP_PATH}')`);
};

const validateParameters = (parameters: IngressClassParametersReference, field: string, report: Report): void => {
  validateObjectReference(parameters, field, report);
  const { scope, namespace } = parameters;
  const scopes = ['Cluster', 'Namespace'];
  if (scope === undefined) report.required(`${field}.scope`);
  else if (!scopes.includes(scope)) report.notSupported(`${field}.scope`, scope, scopes);
  else if (scope === 'Cluster') {
    if (namespace !== undefined) report.forbidden(`${field}.namespace`, "`parameters.scope` is set to 'Cluster'");
  } else if (namespace === undefined) report.required(`${field}.namespace`, "`parameters.scope` is set to 'Namespace'");
  else report.invalidEach(`${field}.namespace`, namespace, dnsLabelErrors(namespace));
};

const validate = ({ spec = {} }: IngressClass, report: Report): void => {
  validateController(spec.controller ?? '', 'spec.controller', report);
  if (spec.parameters !== undefined) validateParameters(spec.parameters, 'spec.parameters', report);
};

export const ingressClassRules: KindRules<IngressClass> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  updateChecksMetadata: true,
  fillDefaults: ({ spec }) => {
    if (spec?.parameters !== undefined) spec.parameters.scope ??= 'Cluster';
  },
  validate,
  validateUpdate: (object, old, report) => {
    const controller = { struct: 'IngressClassSpec', name: 'controller', field: 'spec.controller' };
    validateUnchanged(controller, { controller: '', ...object.spec }, { ...old.spec }, report);
    validate(object, report);
  },
};
