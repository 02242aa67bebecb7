export {
  createFakeDevicePlugin,
  type FakeDevice,
  type FakeDevicePlugin,
  type FakeDevicePluginOptions,
  type FakeDeviceResponse,
} from './fake-device-plugin.js';
export { type ManualClock, manualClock } from './manual-clock.js';
export { deviceContainer, devicePod } from './test-pod.js';
