export {
  type Admission,
  type AdmissionRejection,
  type AdmissionRequest,
  inOrder,
  isRejection,
  rejectionReason,
  rejectionText,
} from './admission.js';
export { type AdmissionOutput, type AdmitManifestsOptions, admitManifests } from './admit-manifests.js';
export { type AdmittedRecord, type AdmittedStore, fileAdmittedStore, noAdmittedStore } from './admitted-store.js';
export type {
  AdmissionPolicy,
  ImageRewrite,
  PluginAction,
  PodPattern,
  PolicyAction,
  PolicyRule,
} from './core/admission-policy.js';
export { type AdmissionSubject, subjectOf, withOutcome } from './core/admission-subject.js';
export { MAX_POLICY_BYTES, type ParsedPolicy, POLICY_API_VERSION, POLICY_KIND, parsePolicy } from './parse-policy.js';
export { type AdmissionPlugin, defineAdmissionPlugin, type PluginAnswer, type PluginVerdict } from './plugin/admission-plugin.js';
export { type PluginThread, type PluginThreadOptions, startPluginThread } from './plugin/plugin-thread.js';
export { type PolicyAdmissionOptions, policyAdmission } from './policy-admission.js';
export { createPolicyHost, type PolicyHost, type PolicyHostOptions } from './policy-host.js';
