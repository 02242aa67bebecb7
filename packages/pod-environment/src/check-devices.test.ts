import { expect, it } from 'vitest';
import { checkDevices } from './check-devices.js';
import { testPod } from './testing/test-pod.js';

const check = (path: string) => {
  const pod = testPod({}, { annotations: { 'devices.solo-kubelet.dev/app': path } });
  return checkDevices(pod, { ...pod.spec.containers[0]!, name: 'app' }, ['/*']);
};

it('passes a device', () => expect(check('/dev/null')).resolves.toBeUndefined());

it.each([
  ['a directory, of which a runtime would hand out every device', '/dev', '/dev is not a device'],
  ['a file', '/proc/version', '/proc/version is not a device'],
  ['what is not there', '/dev/no-such-device', '/dev/no-such-device is not there'],
])('refuses %s', (_, path, message) => expect(check(path)).rejects.toMatchObject({ code: 'DEVICE_NOT_ALLOWED', message }));
