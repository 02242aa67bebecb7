import type { Service } from '../../gen/object-types.js';
import { cidrWarnings } from '../../network/cidr.js';
import { ipWarnings } from '../../network/ip-rules.js';
import { TOPOLOGY_HINTS, TOPOLOGY_MODE } from './topology-annotations.js';

/** What the server would warn of in a Service that is valid. */
export const serviceWarnings = ({ metadata, spec }: Service): readonly string[] => {
  const { type, clusterIP = '', clusterIPs = [], externalIPs = [], externalName = '', loadBalancerIP = '' } = spec;
  const headless = type === 'ClusterIP' && clusterIP === 'None';
  const when = (holds: boolean, text: string): readonly string[] => (holds ? [text] : []);
  const hasExternalIps = externalIPs.length > 0;
  return [
    ...when(
      metadata.annotations?.[TOPOLOGY_HINTS] !== undefined,
      `annotation ${TOPOLOGY_HINTS} is deprecated, please use ${TOPOLOGY_MODE} instead`,
    ),
    ...(clusterIP === '' || clusterIP === 'None' ? [] : clusterIPs.flatMap((ip, i) => ipWarnings(ip, `spec.clusterIPs[${i}]`))),
    ...when(headless && loadBalancerIP !== '', 'spec.loadBalancerIP is ignored for headless services'),
    ...when(headless && hasExternalIps, 'spec.externalIPs is ignored for headless services'),
    ...when(headless && spec.sessionAffinity !== 'None', 'spec.SessionAffinity is ignored for headless services'),
    ...externalIPs.flatMap((ip, i) => ipWarnings(ip, `spec.externalIPs[${i}]`)),
    ...when(
      hasExternalIps && !headless && type !== 'ExternalName',
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    ),
    ...ipWarnings(loadBalancerIP, 'spec.loadBalancerIP'),
    ...(spec.loadBalancerSourceRanges ?? []).flatMap((range, i) => cidrWarnings(range, `spec.loadBalancerSourceRanges[${i}]`)),
    ...when(type === 'ExternalName' && hasExternalIps, 'spec.externalIPs is ignored when spec.type is "ExternalName"'),
    ...when(type !== 'ExternalName' && externalName !== '', 'spec.externalName is ignored when spec.type is not "ExternalName"'),
    ...when(spec.trafficDistribution === 'PreferClose', 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'),
  ];
};
