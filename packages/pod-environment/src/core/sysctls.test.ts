import { describe, expect, it } from 'vitest';
import { testPod } from '../testing/test-pod.js';
import { normalizeSysctl, podSysctls, sysctlNamespace, unsafeSysctls } from './sysctls.js';

const podWith = (name: string, spec: Parameters<typeof testPod>[0] = {}) =>
  testPod({ securityContext: { sysctls: [{ name, value: '1' }] }, ...spec });

describe('sysctls', () => {
  it.each([
    ['kernel.shm_rmid_forced', 'kernel.shm_rmid_forced'],
    ['net/ipv4/ip_forward', 'net.ipv4.ip_forward'],
    ['net/ipv4/conf/eth0.100/forwarding', 'net.ipv4.conf.eth0/100.forwarding'],
    ['net.ipv4.conf.eth0/100.forwarding', 'net.ipv4.conf.eth0/100.forwarding'],
  ])('normalizes %s to %s', (name, expected) => {
    expect(normalizeSysctl(name)).toBe(expected);
  });

  it('reach the sandbox with dots', () => {
    expect(podSysctls(podWith('net/ipv4/tcp_syncookies'))).toEqual({ 'net.ipv4.tcp_syncookies': '1' });
  });

  it.each([
    ['kernel.msgmax', 'ipc'],
    ['kernel.shm*', 'ipc'],
    ['fs.mqueue.msg_max', 'ipc'],
    ['net.core.somaxconn', 'net'],
    ['vm.swappiness', undefined],
    ['kernel.pid_max', undefined],
  ])('%s belongs to namespace %s', (name, expected) => {
    expect(sysctlNamespace(name)).toBe(expected);
  });

  const policy = { allowed: ['net.core.*', 'kernel/msgmax'], kernelVersion: '6.1.0-18-amd64' };
  it.each([
    ['a safe one', podWith('net.ipv4.tcp_syncookies'), policy, []],
    ['an allowed pattern', podWith('net.core.somaxconn'), policy, []],
    ['an allowed name', podWith('kernel.msgmax'), policy, []],
    ['an unknown one', podWith('kernel.pid_max'), policy, ['forbidden sysctl: "kernel.pid_max" not allowlisted']],
    [
      'one that an old kernel keeps node-wide',
      podWith('net.ipv4.tcp_rmem'),
      { ...policy, kernelVersion: '4.9.0' },
      ['forbidden sysctl: "net.ipv4.tcp_rmem" not allowlisted'],
    ],
    [
      'a net one on the host network',
      podWith('net.ipv4.tcp_syncookies', { hostNetwork: true }),
      policy,
      ['forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host Net enabled'],
    ],
    [
      'an IPC one with hostIPC',
      podWith('kernel.shm_rmid_forced', { hostIPC: true }),
      policy,
      ['forbidden sysctl: "kernel.shm_rmid_forced" not allowed with host IPC enabled'],
    ],
  ])('judges %s', (_, pod, judgedBy, reasons) => {
    expect(unsafeSysctls(pod, judgedBy)).toEqual(reasons);
  });
});
