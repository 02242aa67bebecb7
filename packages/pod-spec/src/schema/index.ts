// What sibling packages need to read, complete and check other kinds as this one does Pods. Not for use outside of Solo Kubelet: it changes freely.
export { type DecodeFinding, decodeStruct } from '../decode/decode-pod.js';
export { parseJson } from '../decode/json-parser.js';
export type { ListNode, ManifestNode, MapEntry, MapNode, ScalarNode } from '../decode/node.js';
export { nodeNestsDeeper } from '../decode/node-depth.js';
export { decodeUtf8 } from '../decode/read-text.js';
export { isPlainText } from '../decode/yaml/scalar-value.js';
export { fillDefaults as fillPod, fillPodTemplate } from '../defaults/apply-defaults.js';
export type { Draft } from '../defaults/draft.js';
export { roundList } from '../defaults/resource-defaults.js';
export { fillClaimSpec, fillPersistentSources } from '../defaults/volume-defaults.js';
export { fnv1a128 } from '../identity/fnv.js';
export { nameUid } from '../identity/name-uid.js';
export { createIssueFactory, type IssueFactory, isStrictNote } from '../parse/issue-factory.js';
export { listItems } from '../parse/list-items.js';
export { isEmptyItems, readPod } from '../parse/parse-pod.js';
export { type ManifestDocument, readDocuments } from '../parse/read-documents.js';
export { type DocumentKind, readKind } from '../parse/read-kind.js';
export { createLineIndex, locateField } from '../parse/source-map.js';
export { syntaxHint } from '../parse/syntax-hint.js';
export { printStruct } from '../report/print-pod.js';
export { fieldErrors, manifestOf, readBatchRecord } from '../report/validate-batch-line.js';
export { isHugePagesName, isOvercommitAllowed, isStandardName } from '../resources/resource-name.js';
export { validateNodeSelector } from '../validation/affinity.js';
export { goJsonError } from '../validation/go-json-error.js';
export { byteLength, goQuote } from '../validation/go-print.js';
export {
  configKeyErrors,
  dnsLabelErrors,
  dnsSubdomainErrors,
  httpHeaderNameErrors,
  labelValueErrors,
  outOfRange,
  percentErrors,
  portNameErrors,
  portNumberErrors,
  qualifiedNameErrors,
  wildcardSubdomainErrors,
} from '../validation/grammar.js';
export { hasLeadingZero, ipAddressError, isIpv4, parseIpAddress } from '../validation/ip-address.js';
export { validateLabelSelector, validateLabels } from '../validation/labels.js';
export { validateNoBacksteps } from '../validation/local-path.js';
export {
  labelNameErrors,
  type NameErrors,
  subdomainNameErrors,
  validateCommonMeta,
  validateFinalizerKind,
  validateFinalizerKinds,
} from '../validation/metadata.js';
export { validateAddedContainers } from '../validation/pod-spec.js';
export { validatePodTemplate } from '../validation/pod-template.js';
export { createReport, type Report } from '../validation/report.js';
export {
  validateContainerResourceName,
  validateQuantityOf,
  validateRequirements,
  validateResourceName,
} from '../validation/resource-requirements.js';
export { validateAppArmorProfile } from '../validation/security-profiles.js';
export { validateTolerations } from '../validation/tolerations.js';
export { ACCESS_MODES, VOLUME_MODES, validateAccessModes, validateClaimSpec } from '../validation/volumes/claim-spec.js';
export { volumeRules } from '../validation/volumes/shared-sources.js';
export { numbersAsWritten, splitDocuments } from './as-written.js';
export { dropEmpty } from './drop-empty.js';
export { dropDisabledFields, type FeatureGates, isFieldEnabled } from './field-gates.js';
export { type ApiSchema, createApiSchema, type FieldSchema, type StructSchema, structSchema } from './field-schema.js';
