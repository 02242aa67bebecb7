import { type Draft, dnsLabelErrors, qualifiedNameErrors, type Report, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { EndpointPort, EndpointSlice } from '../gen/object-types.js';
import { ipWarnings } from '../network/ip-rules.js';
import { isSameField } from '../object/same-value.js';
import { validateEndpoints } from './endpoint.js';
import { validateUnchanged } from './immutable-field.js';
import type { KindRules } from './kind-rules.js';

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MAX_PORTS = 20_000;

const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
/** Their addresses are not warned of. */
const CONTROLLERS = ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io'];

/** The node's name has a field of its own in this version of the API. */
const dropTopology = ({ endpoints }: Draft<EndpointSlice>): void => {
  for (const endpoint of endpoints ?? []) delete endpoint.deprecatedTopology;
};

const isChanged = (slice: EndpointSlice, old: EndpointSlice): boolean =>
  (['addressType', 'endpoints', 'ports'] as const).some((name) => !isSameField('EndpointSlice', name, slice, old)) ||
  !isSameField('ObjectMeta', 'labels', slice.metadata, old.metadata);

const validatePort = ({ name = '', protocol, appProtocol }: EndpointPort, names: Set<string>, field: string, report: Report): void => {
  if (name !== '') report.invalidEach(`${field}.name`, name, dnsLabelErrors(name));
  if (names.has(name)) report.duplicate(`${field}.name`, name);
  names.add(name);
  if (protocol === undefined) report.required(`${field}.protocol`);
  else if (!PROTOCOLS.includes(protocol)) report.notSupported(`${field}.protocol`, protocol, PROTOCOLS);
  if (appProtocol !== undefined) report.invalidEach(`${field}.appProtocol`, appProtocol, qualifiedNameErrors(appProtocol));
};

const validateWithoutEndpoints = (slice: EndpointSlice, report: Report): void => {
  const { addressType = '' } = slice;
  const ports = slice.ports ?? [];
  if (addressType === '') report.required('addressType');
  else if (!ADDRESS_TYPES.includes(addressType)) report.notSupported('addressType', addressType, ADDRESS_TYPES);
  const names = new Set<string>();
  if (ports.length > MAX_PORTS) report.tooMany('ports', ports.length, MAX_PORTS);
  else for (const [i, port] of ports.entries()) validatePort(port, names, `ports[${i}]`, report);
};

export const endpointSliceRules: KindRules<EndpointSlice> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  updateChecksMetadata: true,
  checksMetadataUpdate: false,
  fillDefaults: ({ ports }) => {
    for (const port of ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  prepareCreate: dropTopology,
  prepareUpdate: (slice, old) => {
    // Counted here and not by `isCountedChange`: what is dropped counts.
    if (isChanged(slice as EndpointSlice, old)) slice.metadata.generation = Number(old.metadata.generation ?? 0) + 1;
    dropTopology(slice);
  },
  isCountedChange: () => false,
  validate: (slice, report) => {
    validateWithoutEndpoints(slice, report);
    validateEndpoints(slice, report);
  },
  validateUpdate: (slice, old, report) => {
    validateWithoutEndpoints(slice, report);
    // Endpoints that stay are not looked at again, be it for another address type.
    if (!isSameField('EndpointSlice', 'endpoints', slice, old)) validateEndpoints(slice, report);
    validateUnchanged({ struct: 'EndpointSlice', name: 'addressType', field: 'addressType' }, slice, old, report);
  },
  warnings: ({ addressType, endpoints, metadata }, update) => [
    ...(update === undefined && addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
    ...(CONTROLLERS.includes(metadata.labels?.[MANAGED_BY] ?? '')
      ? []
      : (endpoints ?? []).flatMap(({ addresses }, i) =>
          (addresses ?? []).flatMap((address, j) => ipWarnings(address, `endpoints[${i}].addresses[${j}]`)),
        )),
  ],
};
