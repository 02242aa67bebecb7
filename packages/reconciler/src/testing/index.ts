export { type FakeCall, type FakeFault, type FakeRuntime, type FakeRuntimeOptions, type FakeScript, fakeRuntime } from './fake-runtime.js';
export { type LateRecords, lateRecords } from './late-records.js';
export { nodeFacts } from './node-facts.js';
export { observedContainer, observedPod, observedSandbox } from './observed-builder.js';
export { container, pod } from './pod-builder.js';
export { lostContainers, type StatusTransition, statusTransitionErrors } from './status-transition.js';
export { type TestKubelet, type TestKubeletOptions, testKubelet } from './test-kubelet.js';
export { type VirtualTime, virtualTime } from './virtual-time.js';
