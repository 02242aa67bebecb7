import { type Report, subdomainNameErrors, validateLabelSelector } from '@solo-kubelet/pod-spec/schema';
import type { Gateway, GatewayListener, GatewayListenerTLS } from '../../gen/object-types.js';
import type { KindRules } from '../kind-rules.js';
import {
  validateCount,
  validateHostname,
  validateOneOf,
  validatePattern,
  validatePort,
  validateReference,
  validateSectionName,
} from './crd-rules.js';

const MAX_LISTENERS = 64;
const MAX_ADDRESSES = 16;
const MAX_KINDS = 8;
const MAX_PROTOCOL = 255;
const PROTOCOL = /^([a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9]+)$/;
const WITHOUT_TLS = ['HTTP', 'TCP', 'UDP'];
const WITHOUT_HOSTNAME = ['TCP', 'UDP'];

const validateTls = (tls: GatewayListenerTLS, field: string, report: Report): void => {
  const { mode, certificateRefs = [], options = {} } = tls;
  validateOneOf(mode, `${field}.mode`, report, ['Terminate', 'Passthrough']);
  validateCount(certificateRefs, `${field}.certificateRefs`, report, MAX_LISTENERS);
  for (const [i, reference] of certificateRefs.entries()) validateReference(reference, `${field}.certificateRefs[${i}]`, report);
  if (mode === 'Terminate' && certificateRefs.length === 0 && Object.keys(options).length === 0)
    report.invalidStructure(field, tls, 'certificateRefs or options must be specified when mode is Terminate');
};

const validateListener = ({ name, hostname, port, protocol, tls, allowedRoutes }: GatewayListener, field: string, report: Report): void => {
  validateSectionName(name, `${field}.name`, report, true);
  if (hostname) validateHostname(hostname, `${field}.hostname`, report);
  if (port === undefined) report.required(`${field}.port`);
  else validatePort(port, `${field}.port`, report);
  validatePattern(protocol, `${field}.protocol`, report, { pattern: PROTOCOL, max: MAX_PROTOCOL, required: true });
  if (tls !== undefined) validateTls(tls, `${field}.tls`, report);
  const { namespaces, kinds = [] } = allowedRoutes ?? {};
  validateOneOf(namespaces?.from, `${field}.allowedRoutes.namespaces.from`, report, ['All', 'Selector', 'Same', 'None']);
  validateLabelSelector(namespaces?.selector, `${field}.allowedRoutes.namespaces.selector`, report);
  validateCount(kinds, `${field}.allowedRoutes.kinds`, report, MAX_KINDS);
};

const validate = ({ spec }: Gateway, report: Report): void => {
  const { gatewayClassName, listeners = [], addresses } = spec ?? {};
  if (!gatewayClassName) report.required('spec.gatewayClassName');
  if (listeners.length === 0) report.invalid('spec.listeners', 0, 'spec.listeners in body should have at least 1 items');
  validateCount(listeners, 'spec.listeners', report, MAX_LISTENERS);
  validateCount(addresses, 'spec.addresses', report, MAX_ADDRESSES);
  for (const [i, listener] of listeners.entries()) validateListener(listener, `spec.listeners[${i}]`, report);
  const refuse = (detail: string): void => report.invalidStructure('spec.listeners', listeners, detail);
  if (listeners.some(({ protocol, tls }) => WITHOUT_TLS.includes(protocol) && tls !== undefined))
    refuse("tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']");
  if (listeners.some(({ protocol, tls }) => protocol === 'HTTPS' && tls?.mode === 'Passthrough'))
    refuse('tls mode must be Terminate for protocol HTTPS');
  if (listeners.some(({ protocol, tls }) => protocol === 'TLS' && tls?.mode === undefined)) refuse('tls mode must be set for protocol TLS');
  if (listeners.some(({ protocol, hostname }) => WITHOUT_HOSTNAME.includes(protocol) && Boolean(hostname)))
    refuse("hostname must not be specified for protocols ['TCP', 'UDP']");
  if (repeats(listeners.map(({ name }) => name))) refuse('Listener name must be unique within the Gateway');
  if (repeats(listeners.map(({ port, protocol, hostname = '' }) => `${port} ${protocol} ${hostname}`)))
    refuse('Combination of port, protocol and hostname must be unique for each listener');
};

const repeats = (texts: readonly string[]): boolean => new Set(texts).size < texts.length;

export const gatewayRules: KindRules<Gateway> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  updateChecksMetadata: true,
  fillDefaults: ({ spec }) => {
    for (const address of spec?.addresses ?? []) address.type ??= 'IPAddress';
    for (const listener of spec?.listeners ?? []) {
      listener.allowedRoutes ??= { namespaces: { from: 'Same' } };
      listener.allowedRoutes.namespaces ??= { from: 'Same' };
      listener.allowedRoutes.namespaces.from ??= 'Same';
      for (const kind of listener.allowedRoutes.kinds ?? []) kind.group ??= 'gateway.networking.k8s.io';
      if (listener.tls === undefined) continue;
      listener.tls.mode ??= 'Terminate';
      for (const reference of listener.tls.certificateRefs ?? []) {
        reference.group ??= '';
        reference.kind ??= 'Secret';
      }
    }
  },
  validate,
  validateUpdate: (gateway, _old, report) => validate(gateway, report),
};
