export { cacheDirectory } from './cache-directory.js';
export { type ContainerdRelease, containerdOfRelease } from './containerd-release.js';
export { killProcess } from './kill-process.js';
export { type KubeletProcess, kubeletBinary, type StartKubeletOptions, startKubelet, testbedConfiguration } from './kubelet-process.js';
export { type LoginManager, startLoginManager } from './login-manager.js';
export { lacksCrio } from './start-crio.js';
export { lacksSystemdBed, type SystemdBed, startSystemdBed } from './systemd-bed.js';
export { startTestbed, type Testbed, type TestbedOptions } from './testbed.js';
export { waitFor } from './wait-for.js';
