export { type CompletePodsOptions, completePods } from './complete-pods.js';
export { completePod, type PodRejection, podRejection } from './core/complete-pod.js';
export { isUserOf } from './core/is-user-of.js';
export { limitErrors, withDefaultLimits } from './core/limit-ranges.js';
export { type PodReference, podReferences, type ReferencedKind } from './core/pod-references.js';
export { createNodeObjects, mayAdmit, type NodeObjects, type NodeObjectsOptions } from './node-objects.js';
