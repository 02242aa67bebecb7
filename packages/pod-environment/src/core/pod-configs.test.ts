import { describe, expect, it } from 'vitest';
import { testPod } from '../testing/test-pod.js';
import { buildContainerConfig, type ContainerConfigInput } from './container-config.js';
import { userNamespaceRecord } from './id-ranges.js';
import { noSwap } from './limited-swap.js';
import { nestedMountDirectories, podImageVolumes, usedVolumes, volumeKind } from './pod-volumes.js';
import { buildSandboxConfig } from './sandbox-config.js';

const pod = testPod(
  {
    volumes: [
      { name: 'data', emptyDir: {} },
      { name: 'host', hostPath: { path: '/srv' } },
      { name: 'info', downwardAPI: { items: [] } },
      { name: 'model', image: { reference: 'model:1' } },
      { name: 'unused' },
    ],
    containers: [
      {
        command: ['/bin/$(NAME)', '$(MISSING)'],
        args: ['$$(NAME)'],
        workingDir: '/w/$(NAME)',
        stdin: true,
        tty: true,
        ports: [{ name: 'http', containerPort: 80, protocol: 'TCP' }],
        lifecycle: { preStop: { exec: { command: ['bye'] } } },
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        volumeMounts: [
          { name: 'data', mountPath: 'relative/path/' },
          { name: 'host', mountPath: '/srv', mountPropagation: 'Bidirectional' },
          { name: 'info', mountPath: '/info' },
          { name: 'model', mountPath: '/model', subPath: 'weights' },
          { name: 'host', mountPath: '/ro', readOnly: true, recursiveReadOnly: 'IfPossible' },
        ],
      },
    ],
  },
  {
    labels: { app: 'web' },
    annotations: { 'cdi.k8s.io/cam': 'vendor.com/camera=0', 'devices.solo-kubelet.dev/app': '/dev/ttyUSB0,/dev/a:/dev/b:r' },
  },
);

const input = (overrides: Partial<ContainerConfigInput> = {}): ContainerConfigInput => ({
  pod,
  container: pod.spec.containers[0]!,
  restartCount: 2,
  image: { imageId: 'sha256:1', uid: 0 },
  environment: new Map([['NAME', 'web']]),
  hostPaths: ['/pods/data', '/srv', '/pods/info', undefined, '/srv'],
  subPaths: ['', '', '', 'weights', ''],
  imageVolumes: new Map([['model', 'sha256:model']]),
  etcHosts: '/pods/etc-hosts',
  terminationFile: '/pods/containers/app/00000002',
  features: { recursiveReadOnlyMounts: true, userNamespaces: true },
  selinuxEnabled: true,
  seccomp: { profilesDir: '/seccomp', seccompDefault: false },
  thermalThrottlePaths: [],
  cpuCfsQuota: true,
  allowedDevices: ['/dev/*', 'vendor.com/camera=*'],
  cpuCfsQuotaPeriodMs: 100,
  cgroupVersion: 2,
  memoryCapacityBytes: 1024 ** 3,
  hugePageSizes: [],
  singleProcessOomKill: false,
  swapAccounting: false,
  limitedSwap: noSwap,
  ...overrides,
});

describe('what resource managers have given to a container', () => {
  const allocation = {
    cpusetCpus: '2-3',
    cpusetMems: '0',
    exclusiveCpus: true,
    devices: [{ hostPath: '/dev/spi0', containerPath: '/dev/spi', permissions: 'rw' }],
    mounts: [{ hostPath: '/opt/lib', containerPath: '/lib/vendor', readOnly: true }],
    envs: { DEVICE: 'spi0', NAME: 'from the device' },
    annotations: { 'vendor.com/spi': '0', 'io.kubernetes.container.hash': 'x' },
    cdiDevices: ['vendor.com/spi=0'],
  };
  const config = buildContainerConfig(input({ allocation }));

  it('pins it, without a quota on CPUs of its own', () => {
    expect(config.linux?.resources).toMatchObject({ cpusetCpus: '2-3', cpusetMems: '0', cpuQuota: -1n });
    expect(buildContainerConfig(input({ allocation: { cpusetCpus: '0-1' } })).linux?.resources?.cpuQuota).not.toBe(-1n);
  });

  it('comes before what the manifest says, which wins', () => {
    expect(config.devices.map(({ hostPath }) => hostPath)).toEqual(['/dev/spi0', '/dev/ttyUSB0', '/dev/a']);
    expect(config.mounts[0]).toMatchObject({ hostPath: '/opt/lib', containerPath: '/lib/vendor', readonly: true });
    expect(config.envs.map(({ key, value }) => `${key}=${Buffer.from(value).toString()}`)).toEqual(['DEVICE=spi0', 'NAME=web']);
    expect(config.CDIDevices).toEqual([{ name: 'vendor.com/spi=0' }, { name: 'vendor.com/camera=0' }]);
    expect(config.annotations).toMatchObject({ 'vendor.com/spi': '0', 'io.kubernetes.container.hash': expect.not.stringMatching(/^x$/) });
  });
});

describe('buildContainerConfig', () => {
  it('names, labels and annotates the container so that a kubelet finds it again', () => {
    const config = buildContainerConfig(input());
    expect(config).toMatchObject({
      metadata: { name: 'app', attempt: 2 },
      image: { image: 'sha256:1', userSpecifiedImage: 'nginx:1' },
      command: ['/bin/web', '$(MISSING)'],
      args: ['$(NAME)'],
      workingDir: '/w/$(NAME)',
      envs: [{ key: 'NAME', value: Buffer.from('web') }],
      logPath: 'app/2.log',
      stdin: true,
      stdinOnce: false,
      tty: true,
      labels: {
        'io.kubernetes.pod.name': 'web-node1',
        'io.kubernetes.pod.namespace': 'default',
        'io.kubernetes.pod.uid': '0123456789abcdef0123456789abcdef',
        'io.kubernetes.container.name': 'app',
      },
    });
    expect(config.annotations).toEqual({
      'io.kubernetes.container.hash': expect.stringMatching(/^[0-9a-f]+$/),
      'io.kubernetes.container.restartCount': '2',
      'io.kubernetes.container.terminationMessagePath': '/dev/termination-log',
      'io.kubernetes.container.terminationMessagePolicy': 'File',
      'io.kubernetes.pod.terminationGracePeriod': '30',
      'io.kubernetes.container.preStopHandler': '{"exec":{"command":["bye"]}}',
      'io.kubernetes.container.ports': '[{"name":"http","containerPort":80,"protocol":"TCP"}]',
    });
  });

  it('mounts volumes in the order of the manifest, then hosts and termination message', () => {
    const mount = {
      readonly: false,
      selinuxRelabel: false,
      propagation: 0,
      uidMappings: [],
      gidMappings: [],
      recursiveReadOnly: false,
      imageSubPath: '',
      mountOptions: [],
    };
    expect(buildContainerConfig(input()).mounts).toEqual([
      { ...mount, containerPath: '/relative/path', hostPath: '/pods/data', selinuxRelabel: true },
      { ...mount, containerPath: '/srv', hostPath: '/srv', propagation: 2 },
      { ...mount, containerPath: '/info', hostPath: '/pods/info', readonly: true, selinuxRelabel: true },
      {
        ...mount,
        containerPath: '/model',
        hostPath: '',
        readonly: true,
        imageSubPath: 'weights',
        image: {
          image: 'sha256:model',
          userSpecifiedImage: 'model:1',
          annotations: pod.metadata.annotations,
          runtimeHandler: '',
          imageRef: '',
        },
      },
      { ...mount, containerPath: '/ro', hostPath: '/srv', readonly: true, recursiveReadOnly: true },
      { ...mount, containerPath: '/etc/hosts', hostPath: '/pods/etc-hosts', selinuxRelabel: true },
      { ...mount, containerPath: '/dev/termination-log', hostPath: '/pods/containers/app/00000002', selinuxRelabel: true },
    ]);
  });

  it('maps the ids of every mount for a pod with its own users', () => {
    const userNamespace = userNamespaceRecord(65_536, 65_536);
    const { mounts } = buildContainerConfig(input({ userNamespace }));
    for (const { uidMappings, gidMappings } of mounts) {
      expect([uidMappings, gidMappings]).toEqual([userNamespace.uidMappings, userNamespace.gidMappings]);
    }
  });

  it('mounts the termination message from the root, however its path is written', () => {
    const container = { ...pod.spec.containers[0]!, terminationMessagePath: 'tmp/end' };
    expect(buildContainerConfig(input({ container })).mounts.at(-1)?.containerPath).toBe('/tmp/end');
  });

  it('leaves /etc/hosts to a container that mounts its own', () => {
    const container = { ...pod.spec.containers[0]!, volumeMounts: [{ name: 'data', mountPath: '/etc/hosts' }] };
    const { mounts } = buildContainerConfig(input({ container }));
    expect(mounts.filter(({ containerPath }) => containerPath === '/etc/hosts').map(({ hostPath }) => hostPath)).toEqual(['/pods/data']);
  });

  it('gives devices by annotation', () => {
    const { devices, CDIDevices } = buildContainerConfig(input());
    expect(CDIDevices).toEqual([{ name: 'vendor.com/camera=0' }]);
    expect(devices).toEqual([
      { hostPath: '/dev/ttyUSB0', containerPath: '/dev/ttyUSB0', permissions: 'rwm' },
      { hostPath: '/dev/a', containerPath: '/dev/b', permissions: 'r' },
    ]);
  });

  const withMount = (volumeMount: object) => {
    const container = { name: 'app', volumeMounts: [{ name: 'host', mountPath: '/srv', ...volumeMount }] };
    return (features: ContainerConfigInput['features']) =>
      buildContainerConfig(input({ container, features })).mounts[0]?.recursiveReadOnly;
  };
  const noFeatures = { recursiveReadOnlyMounts: false, userNamespaces: false };
  it('degrades or refuses recursiveReadOnly where the runtime has none', () => {
    const both = { readOnly: true };
    expect(withMount({ ...both, recursiveReadOnly: 'IfPossible' })(noFeatures)).toBe(false);
    expect(withMount({ ...both, recursiveReadOnly: 'Enabled' })(input().features)).toBe(true);
    expect(() => withMount({ ...both, recursiveReadOnly: 'Enabled' })(noFeatures)).toThrow(
      'requested recursive read-only mode, but it is not supported by the runtime',
    );
    expect(() => withMount({ recursiveReadOnly: 'Enabled' })(input().features)).toThrow('but it is not read-only');
    expect(() => withMount({ ...both, recursiveReadOnly: 'IfPossible', mountPropagation: 'HostToContainer' })(input().features)).toThrow(
      'but it is not compatible with propagation "HostToContainer"',
    );
  });

  it.each([
    ['a volume that does not exist', { volumeMounts: [{ name: 'nope', mountPath: '/x' }] }, {}, 'mounts volume nope'],
    ['an image that is not pulled yet', {}, { imageVolumes: new Map() }, 'image of volume model is not there yet'],
  ])('refuses %s', (_, fields, overrides, message) => {
    const container = { ...pod.spec.containers[0]!, ...fields };
    expect(() => buildContainerConfig(input({ container, ...overrides }))).toThrow(
      expect.objectContaining({ reason: 'CreateContainerConfigError', message: expect.stringContaining(message) }),
    );
  });
});

describe('buildSandboxConfig', () => {
  it('carries identity, logs, ports, cgroup and sysctls', () => {
    const withSysctl = { ...pod, spec: { ...pod.spec, securityContext: { sysctls: [{ name: 'net/core/somaxconn', value: '9' }] } } };
    expect(
      buildSandboxConfig({
        pod: withSysctl,
        attempt: 3,
        podLogsDir: '/var/log/pods',
        clusterDomain: '',
        dns: { servers: ['192.0.2.1'], searches: [], options: [] },
        cgroupParent: '/kubepods/besteffort/pod1',
        cpuCfsQuota: true,
        cpuCfsQuotaPeriodMs: 100,
      }),
    ).toMatchObject({
      metadata: { name: 'web-node1', namespace: 'default', uid: '0123456789abcdef0123456789abcdef', attempt: 3 },
      hostname: 'web-node1',
      logDirectory: '/var/log/pods/default_web-node1_0123456789abcdef0123456789abcdef',
      dnsConfig: { servers: ['192.0.2.1'] },
      portMappings: [{ containerPort: 80, hostPort: 0, protocol: 0, hostIp: '' }],
      labels: { app: 'web', 'io.kubernetes.pod.name': 'web-node1' },
      annotations: { 'cdi.k8s.io/cam': 'vendor.com/camera=0' },
      linux: { cgroupParent: '/kubepods/besteffort/pod1', sysctls: { 'net.core.somaxconn': '9' }, overhead: undefined },
    });
  });
});

describe('volumes of a pod', () => {
  it('are used only when a container mounts them', () => {
    expect(usedVolumes(pod).map(({ name }) => name)).toEqual(['data', 'host', 'info', 'model']);
    expect(podImageVolumes(pod)).toEqual([{ volumeName: 'model', reference: 'model:1', pullPolicy: 'IfNotPresent' }]);
  });

  it.each([
    [{ name: 'v' }, 'emptyDir'],
    [{ name: 'v', hostPath: { path: '/x' } }, 'hostPath'],
    [{ name: 'v', secret: { secretName: 's' } }, 'secret'],
    [{ name: 'v', gitRepo: { repository: 'r' } }, 'unsupported'],
  ])('%o is %s', (volume, kind) => {
    expect(volumeKind(volume)).toBe(kind);
  });

  it('have directories for what is mounted below them', () => {
    const nested = testPod({
      containers: [
        {
          volumeMounts: [
            { name: 'info', mountPath: '/info/' },
            { name: 'data', mountPath: '/info/a/b' },
            { name: 'other', mountPath: '/information' },
          ],
        },
      ],
    });
    expect(nestedMountDirectories(nested, 'info')).toEqual(['a']);
  });
});
