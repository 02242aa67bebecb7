import { dnsLabelErrors, dnsSubdomainErrors, labelValueErrors, type Report } from '@solo-kubelet/pod-spec/schema';
import type { Endpoint, EndpointHints, EndpointSlice } from '../gen/object-types.js';
import { validateEndpointAddress } from './endpoint-address.js';

const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_HINTS = 8;

export const validateEndpoints = ({ addressType, endpoints }: EndpointSlice, report: Report): void => {
  const count = endpoints?.length ?? 0;
  if (count > MAX_ENDPOINTS) report.tooMany('endpoints', count, MAX_ENDPOINTS);
  else for (const [i, endpoint] of (endpoints ?? []).entries()) validateEndpoint(endpoint, addressType, `endpoints[${i}]`, report);
};

const validateEndpoint = (endpoint: Endpoint, addressType: string, field: string, report: Report): void => {
  const { addresses = [], nodeName, hostname, hints } = endpoint;
  const list = `${field}.addresses`;
  if (addresses.length === 0) report.required(list, 'must contain at least 1 address');
  else if (addresses.length > MAX_ADDRESSES) report.tooMany(list, addresses.length, MAX_ADDRESSES);
  for (const [i, address] of addresses.entries()) validateEndpointAddress(address, addressType, list, i, report);
  if (nodeName !== undefined) report.invalidEach(`${field}.nodeName`, nodeName, dnsSubdomainErrors(nodeName));
  if (hostname !== undefined) report.invalidEach(`${field}.hostname`, hostname, dnsLabelErrors(hostname));
  if (hints !== undefined) validateHints(hints, `${field}.hints`, report);
};

const validateHints = ({ forZones = [], forNodes = [] }: EndpointHints, field: string, report: Report): void => {
  if (forZones.length > MAX_HINTS) {
    report.tooMany(`${field}.forZones`, forZones.length, MAX_HINTS);
    return;
  }
  validateHintNames(forZones, `${field}.forZones`, labelValueErrors, report);
  if (forNodes.length > MAX_HINTS) report.tooMany(`${field}.forNodes`, forNodes.length, MAX_HINTS);
  else validateHintNames(forNodes, `${field}.forNodes`, dnsSubdomainErrors, report);
};

const validateHintNames = (
  hints: readonly { readonly name: string }[],
  field: string,
  nameErrors: (name: string) => readonly string[],
  report: Report,
): void => {
  const names = new Set<string>();
  for (const [i, { name = '' }] of hints.entries()) {
    if (names.has(name)) report.duplicate(`${field}[${i}].name`, name);
    names.add(name);
    report.invalidEach(`${field}[${i}].name`, name, nameErrors(name));
  }
};
