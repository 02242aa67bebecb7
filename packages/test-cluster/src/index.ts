export { startTestCluster, type TestCluster, type TestClusterOptions } from './start-test-cluster.js';
