export { type FakeCgroupTree, fakeCgroupTree } from './fake-cgroup-tree.js';
export { type RecordedCommand, recordingCommands } from './recording-commands.js';
export { testNode } from './test-node.js';
export { testPod } from './test-pod.js';
