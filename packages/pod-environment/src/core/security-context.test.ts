import { describe, expect, it } from 'vitest';
import type { ImageFacts } from '../pod-environment.js';
import { testPod } from '../testing/test-pod.js';
import { userNamespaceRecord } from './id-ranges.js';
import { thermalThrottlePaths } from './proc-paths.js';
import { type ContainerSecurityInput, containerSecurityContext, sandboxSecurityContext } from './security-context.js';
import { requiresAppArmor } from './security-profiles.js';

const image: ImageFacts = { imageId: 'sha256:1', uid: 101 };
const context = (pod = testPod(), input: Partial<ContainerSecurityInput> = {}) =>
  containerSecurityContext({
    pod,
    container: pod.spec.containers[0]!,
    image,
    seccomp: { profilesDir: '/root/seccomp', seccompDefault: false },
    thermalThrottlePaths: [],
    ...input,
  });
const app = (securityContext: NonNullable<ContainerSecurityInput['container']['securityContext']>, podContext = {}) =>
  testPod({ securityContext: podContext, containers: [{ securityContext }] });

describe('containerSecurityContext', () => {
  it('of a plain container', () => {
    expect(context()).toEqual({
      capabilities: { addCapabilities: [], dropCapabilities: [], addAmbientCapabilities: [] },
      privileged: false,
      namespaceOptions: { network: 0, pid: 1, ipc: 0, targetId: '', usernsOptions: { mode: 2, uids: [], gids: [] } },
      selinuxOptions: undefined,
      runAsUser: { value: 101n },
      runAsUsername: '',
      runAsGroup: undefined,
      readonlyRootfs: false,
      noNewPrivs: false,
      supplementalGroups: [],
      supplementalGroupsPolicy: 0,
      maskedPaths: expect.arrayContaining(['/proc/kcore', '/sys/firmware']),
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
      seccomp: { profileType: 1, localhostRef: '' },
      seccompProfilePath: '',
      apparmorProfile: '',
    });
  });

  it('of an ephemeral container has the processes of its target, unless the pod shares them anyway', () => {
    const pid = (spec = {}) => context(testPod(spec), { targetContainerId: 'c1' }).namespaceOptions;
    expect(pid()).toMatchObject({ pid: 3, targetId: 'c1' });
    expect(pid({ shareProcessNamespace: true })).toMatchObject({ pid: 0, targetId: '' });
    expect(pid({ hostPID: true })).toMatchObject({ pid: 2, targetId: '' });
  });

  it('takes container fields over pod fields, capabilities and SELinux whole', () => {
    const pod = app(
      {
        runAsUser: 1,
        capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
        seLinuxOptions: { level: 's0' },
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        privileged: false,
      },
      {
        runAsUser: 2,
        runAsGroup: 3,
        fsGroup: 4,
        supplementalGroups: [5, 6],
        supplementalGroupsPolicy: 'Strict',
        seLinuxOptions: { user: 'u', role: 'r', type: 't' },
      },
    );
    expect(context(pod)).toMatchObject({
      runAsUser: { value: 1n },
      runAsGroup: { value: 3n },
      supplementalGroups: [4n, 5n, 6n],
      supplementalGroupsPolicy: 1,
      selinuxOptions: { user: '', role: '', type: '', level: 's0' },
      capabilities: { addCapabilities: ['NET_ADMIN'], dropCapabilities: ['ALL'] },
      readonlyRootfs: true,
      noNewPrivs: true,
    });
  });

  it.each([
    ['a numeric user', { uid: 33 }, { runAsUser: { value: 33n }, runAsUsername: '' }],
    ['a named user', { username: 'www' }, { runAsUsername: 'www' }],
    ['no user at all', {}, { runAsUser: { value: 0n }, runAsUsername: '' }],
  ])('runs an image with %s', (_, facts, expected) => {
    expect(context(testPod(), { image: { imageId: 'x', ...facts } })).toMatchObject(expected);
  });

  it.each([
    ['runAsUser 0', { runAsNonRoot: true, runAsUser: 0 }, { uid: 5 }, "container's runAsUser breaks non-root policy"],
    ['a named image user', { runAsNonRoot: true }, { username: 'www' }, 'image has non-numeric user (www), cannot verify user is non-root'],
    ['a root image', { runAsNonRoot: true }, { uid: 0 }, 'image will run as root'],
    ['an image without a user', { runAsNonRoot: true }, {}, 'image will run as root'],
    ['an id out of range', { runAsNonRoot: true }, { uid: 2 ** 31 }, 'is invalid'],
  ])('refuses runAsNonRoot with %s', (_, securityContext, facts, message) => {
    expect(() => context(app(securityContext), { image: { imageId: 'x', ...facts } })).toThrow(
      expect.objectContaining({ reason: 'CreateContainerConfigError', message: expect.stringContaining(message) }),
    );
  });

  it('accepts runAsNonRoot with a user of its own, whatever the image says', () => {
    expect(context(app({ runAsNonRoot: true, runAsUser: 7 }), { image: { imageId: 'x', uid: 0 } }).runAsUser).toEqual({ value: 7n });
  });

  it.each([
    ['unconfined by default', testPod(), false, { profileType: 1, localhostRef: '' }],
    ['the runtime default with seccompDefault', testPod(), true, { profileType: 0, localhostRef: '' }],
    [
      'the pod profile',
      testPod({ securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }),
      false,
      { profileType: 0, localhostRef: '' },
    ],
    [
      'the container profile before all',
      app({ seccompProfile: { type: 'Localhost', localhostProfile: 'p/a.json' } }, { seccompProfile: { type: 'Unconfined' } }),
      true,
      { profileType: 2, localhostRef: '/root/seccomp/p/a.json' },
    ],
  ])('seccomp is %s', (_, pod, seccompDefault, expected) => {
    expect(context(pod, { seccomp: { profilesDir: '/root/seccomp', seccompDefault } }).seccomp).toEqual(expected);
  });

  it.each([
    ['the field', app({ appArmorProfile: { type: 'Localhost', localhostProfile: 'p' } }), 2, 'localhost/p'],
    [
      'the annotation',
      testPod({}, { annotations: { 'container.apparmor.security.beta.kubernetes.io/app': 'runtime/default' } }),
      0,
      'runtime/default',
    ],
    ['the pod field', testPod({ securityContext: { appArmorProfile: { type: 'Unconfined' } } }), 1, 'unconfined'],
  ])('AppArmor comes from %s', (_, pod, profileType, legacy) => {
    expect(context(pod)).toMatchObject({ apparmor: { profileType }, apparmorProfile: legacy });
    expect(requiresAppArmor(pod)).toBe(profileType !== 1);
  });

  it('hides nothing of /proc with procMount Unmasked', () => {
    expect(context(app({ procMount: 'Unmasked' }))).toMatchObject({ maskedPaths: [], readonlyPaths: [] });
  });

  it('masks the thermal throttle of each CPU', () => {
    expect(thermalThrottlePaths('0-1,4\n')).toEqual([0, 1, 4].map((cpu) => `/sys/devices/system/cpu/cpu${cpu}/thermal_throttle`));
  });
});

describe('sandboxSecurityContext', () => {
  it('is privileged with any privileged container, and confined by the runtime default', () => {
    const pod = testPod({
      initContainers: [{ name: 'init', securityContext: { privileged: true } }],
      hostNetwork: true,
      hostPID: true,
      hostIPC: true,
    });
    expect(sandboxSecurityContext(pod)).toMatchObject({
      privileged: true,
      seccomp: { profileType: 0 },
      namespaceOptions: { network: 2, pid: 2, ipc: 2 },
    });
  });

  it('has one mapping of users and groups for hostUsers: false', () => {
    const mapping = { hostId: 131_072, containerId: 0, length: 65_536 };
    expect(sandboxSecurityContext(testPod({ shareProcessNamespace: true }), userNamespaceRecord(131_072, 65_536)).namespaceOptions).toEqual(
      {
        network: 0,
        pid: 0,
        ipc: 0,
        targetId: '',
        usernsOptions: { mode: 0, uids: [mapping], gids: [mapping] },
      },
    );
  });
});
