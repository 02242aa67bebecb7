// What sibling packages need to judge objects step by step, as an API server does. Not for use outside of Solo Kubelet: it changes freely.

export { schemaTable } from '../gen/schema-table.js';
export { parseInterval as parseJobIndexInterval, parseJobIndexes } from '../kinds/job-indexes.js';
export type { KindRules, ObjectPolicy } from '../kinds/kind-rules.js';
export { validateTemplate } from '../kinds/pod-template.js';
export { dropDisabledFields } from '../kinds/pod-template-fields.js';
export { validateClusterIps } from '../kinds/service/cluster-ips.js';
export { cidrWarnings, isCidr, validateCidr } from '../network/cidr.js';
export { formatIp, ipFamilyOf } from '../network/format-ip.js';
export { ipWarnings, validateEndpointIp, validateIp } from '../network/ip-rules.js';
export { changeErrors, newErrors, prepareChange, rulesOf } from '../object/judge-object.js';
export { pathSegmentNameErrors } from '../object/prepare-metadata.js';
export { isSameField, isSameStruct } from '../object/same-value.js';
export { podWarnings } from '../warnings/pod.js';
export { podTemplateWarnings } from '../warnings/pod-template.js';
