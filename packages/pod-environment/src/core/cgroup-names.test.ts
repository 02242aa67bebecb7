import { describe, expect, it } from 'vitest';
import { cgroupPath, cgroupRootName, podCgroupName, podUidOfCgroup, sliceUnit } from './cgroup-names.js';

const uid = '7ab2-9f';

describe('cgroup names', () => {
  it.each([
    ['cgroupfs', '/', 'Guaranteed', '/kubepods/pod7ab2-9f'],
    ['cgroupfs', '/', 'Burstable', '/kubepods/burstable/pod7ab2-9f'],
    ['cgroupfs', '/edge/solo', 'BestEffort', '/edge/solo/kubepods/besteffort/pod7ab2-9f'],
    ['systemd', '/', 'Guaranteed', '/kubepods.slice/kubepods-pod7ab2_9f.slice'],
    ['systemd', '/', 'Burstable', '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod7ab2_9f.slice'],
    [
      'systemd',
      '/edge-1',
      'BestEffort',
      '/edge_1.slice/edge_1-kubepods.slice/edge_1-kubepods-besteffort.slice/edge_1-kubepods-besteffort-pod7ab2_9f.slice',
    ],
  ] as const)('with %s under %s a %s pod is %s', (driver, root, qosClass, expected) => {
    expect(cgroupPath(driver, podCgroupName(cgroupRootName(root), qosClass, uid))).toBe(expected);
  });

  it('are slice units for systemd', () => {
    expect(sliceUnit(podCgroupName([], 'Burstable', uid))).toBe('kubepods-burstable-pod7ab2_9f.slice');
    expect(sliceUnit([])).toBe('-.slice');
  });

  it('give the UID back', () => {
    expect(podUidOfCgroup('cgroupfs', 'pod7ab2-9f')).toBe(uid);
    expect(podUidOfCgroup('systemd', 'kubepods-burstable-pod7ab2_9f.slice')).toBe(uid);
    expect(podUidOfCgroup('cgroupfs', 'burstable')).toBeUndefined();
    expect(podUidOfCgroup('systemd', 'kubepods-burstable.slice')).toBeUndefined();
  });
});
