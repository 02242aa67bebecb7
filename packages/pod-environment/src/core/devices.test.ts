import { describe, expect, it } from 'vitest';
import { testPod } from '../testing/test-pod.js';
import { containerDevices, podCdiDevices } from './devices.js';

const asking = (annotations: Record<string, string>) => testPod({}, { annotations });
const devices = (paths: string, allowed: readonly string[]) => {
  const pod = asking({ 'devices.solo-kubelet.dev/app': paths });
  return containerDevices(pod, { ...pod.spec.containers[0]!, name: 'app' }, allowed);
};

describe('devices by annotation', () => {
  it('are those that the node allows, by name or by how it begins', () => {
    expect(devices('/dev/ttyUSB0, /dev/a:/dev/b:r', ['/dev/ttyUSB*', '/dev/a'])).toEqual([
      { hostPath: '/dev/ttyUSB0', containerPath: '/dev/ttyUSB0', permissions: 'rwm' },
      { hostPath: '/dev/a', containerPath: '/dev/b', permissions: 'r' },
    ]);
  });

  it.each([
    ['gives no device that is not allowed', '/dev/sda', []],
    ['is exact where no star says otherwise', '/dev/sda1', ['/dev/sda']],
    ['leads nowhere through dots', '/dev/tty/../sda', ['/dev/tty*']],
    ['takes no relative path', 'sda', ['/dev/*']],
  ])('%s', (_, path, allowed) => {
    expect(() => devices(path, allowed)).toThrow(
      expect.objectContaining({ code: 'DEVICE_NOT_ALLOWED', reason: 'CreateContainerConfigError' }),
    );
  });

  it('are held to the same list when CDI names them', () => {
    const pod = asking({ 'cdi.k8s.io/cam': 'vendor.com/camera=0' });
    expect(podCdiDevices(pod, ['vendor.com/camera=*'])).toEqual([{ name: 'vendor.com/camera=0' }]);
    expect(() => podCdiDevices(pod, ['vendor.com/microphone=*'])).toThrow(expect.objectContaining({ code: 'DEVICE_NOT_ALLOWED' }));
  });
});
