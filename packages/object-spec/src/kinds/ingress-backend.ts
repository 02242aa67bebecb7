import { dnsLabelErrors, portNameErrors, portNumberErrors, type Report } from '@solo-kubelet/pod-spec/schema';
import type { IngressBackend, IngressServiceBackend } from '../gen/object-types.js';
import { validateObjectReference } from './object-reference.js';

/** Where requests go: to a Service or to another object. Upstream leaves out the value where the whole backend is wrong. */
export const validateIngressBackend = ({ resource, service }: IngressBackend, field: string, report: Report): void => {
  if (resource !== undefined && service !== undefined) report.invalid(field, '', 'cannot set both resource and service backends');
  else if (resource !== undefined) validateObjectReference(resource, `${field}.resource`, report);
  else if (service !== undefined) validateServiceBackend(service, field, report);
  else report.invalid(field, '', 'resource or service backend is required');
};

const validateServiceBackend = ({ name = '', port = {} }: IngressServiceBackend, field: string, report: Report): void => {
  if (name === '') report.required(`${field}.service.name`);
  else report.invalidEach(`${field}.service.name`, name, dnsLabelErrors(name));
  const { name: portName = '', number = 0 } = port;
  if (portName !== '' && number !== 0) report.invalid(field, '', 'cannot set both port name & port number');
  else if (portName !== '') report.invalidEach(`${field}.service.port.name`, portName, portNameErrors(portName));
  else if (number !== 0) report.invalidEach(`${field}.service.port.number`, number, portNumberErrors(number));
  else report.required(field, 'port name or number is required');
};
