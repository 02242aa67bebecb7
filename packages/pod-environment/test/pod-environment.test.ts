import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPodEnvironment, type NodeEnvironment, type NodeFacts, type PodObjects } from '../src/index.js';
import { runCommand } from '../src/mounts/run-command.js';
import { canMount, temporaryDirectory } from '../src/testing/as-root.js';
import { type FakeCgroupTree, fakeCgroupTree, testNode, testPod } from '../src/testing/index.js';

const uid = '0123456789abcdef0123456789abcdef';
let temporary: ReturnType<typeof temporaryDirectory>;
let root: string;
let tree: FakeCgroupTree;
beforeEach(async () => {
  temporary = temporaryDirectory();
  root = join(temporary.path, 'kubelet');
  tree = fakeCgroupTree({ version: 2 });
});
afterEach(() => temporary.remove());

const environment = (overrides: Partial<NodeEnvironment> = {}, facts: Partial<NodeFacts> = {}) =>
  createPodEnvironment(testNode(root, { cgroups: { version: 2, mountPoint: '/cg', tree }, ...overrides }, facts));
const inPod = (path: string): string => join(root, 'pods', uid, path);
const mountsBelowRoot = async (): Promise<readonly string[]> =>
  (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${root}/`));
const containerInput = (pod: Pod, overrides: object = {}) => ({
  pod,
  container: pod.spec.containers[0]!,
  restartCount: 0,
  podIps: ['10.1.0.5'],
  image: { imageId: 'sha256:1', uid: 0 },
  ...overrides,
});

describe('a pod on disk', () => {
  const pod = testPod({
    hostname: 'db',
    volumes: [{ name: 'data', emptyDir: {} }, { name: 'unused' }],
    containers: [
      {
        terminationMessagePath: '/dev/termination-log',
        env: [
          { name: 'CONFIGURED', valueFrom: { fileKeyRef: { volumeName: 'data', path: 'made/env', key: 'KEY' } } },
          { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        ],
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    ],
  });

  it('gets directories, an open emptyDir, a cgroup and a log directory, the same ones when asked again', async () => {
    const pods = environment();
    await pods.preparePod(pod);
    const data = inPod('volumes/kubernetes.io~empty-dir/data');
    expect((await stat(inPod('.'))).mode & 0o777).toBe(0o750);
    expect((await stat(data)).mode & 0o7777).toBe(0o777);
    expect(await readdir(inPod('volumes/kubernetes.io~empty-dir'))).toEqual(['data']);
    expect((await stat(inPod('plugins/kubernetes.io~empty-dir/data/ready'))).size).toBe(0);
    expect((await stat(`${root}-logs/default_web-node1_${uid}`)).isDirectory()).toBe(true);
    expect(tree.files.get(`/cg/kubepods/besteffort/pod${uid}/cpu.weight`)).toBe('1');
    await writeFile(join(data, 'kept'), '');
    await environment().preparePod(pod);
    expect(await readdir(data)).toEqual(['kept']);
    expect(await pods.listPodUids()).toEqual([uid]);
  });

  it('is found again when a runtime makes its cgroup anew after it was cleaned, and cleaned once more', async () => {
    const pods = environment();
    await pods.preparePod(pod);
    await pods.cleanPod(uid);
    expect(await pods.listPodUids()).toEqual([]);
    for (const made of [`pod${uid}`, 'podstranger']) await tree.makeDirectory(`/cg/kubepods/besteffort/${made}`);
    expect(await pods.listPodUids()).toEqual([uid]);
    await pods.cleanPod(uid);
    expect(tree.directories.has(`/cg/kubepods/besteffort/pod${uid}`)).toBe(false);
    expect(await pods.listPodUids()).toEqual([]);
    await pods.preparePod(pod);
    expect(await pods.listPodUids()).toEqual([uid]); // once, by its directory
  });

  it('has its cgroup resized while it runs, and nothing made when it does not', async () => {
    const pods = environment();
    const sized = (cpu: string) => testPod({ containers: [{ resources: { requests: { cpu }, limits: { cpu, memory: '64Mi' } } }] });
    const file = (name: string) => tree.files.get(`/cg/kubepods/burstable/pod${uid}/${name}`);
    await pods.resizePod(sized('1'));
    expect(file('cpu.max')).toBeUndefined();
    await pods.preparePod(sized('1'));
    await pods.resizePod(sized('2'));
    expect([file('cpu.max'), file('memory.max')]).toEqual(['200000 100000', '67108864']);
  });

  it('gives its container hosts, environment and a termination file for every attempt', async () => {
    const pods = environment();
    await pods.preparePod(pod);
    await mkdir(inPod('volumes/kubernetes.io~empty-dir/data/made'));
    await writeFile(inPod('volumes/kubernetes.io~empty-dir/data/made/env'), "KEY='value'\n");
    const config = await pods.prepareContainer(containerInput(pod, { restartCount: 11 }));
    expect(config.envs.map(({ key, value }) => `${key}=${value}`)).toEqual(['CONFIGURED=value', 'IP=10.1.0.5']);
    expect(config.mounts.map(({ containerPath, hostPath }) => [containerPath, hostPath])).toEqual([
      ['/data', inPod('volumes/kubernetes.io~empty-dir/data')],
      ['/etc/hosts', inPod('etc-hosts')],
      ['/dev/termination-log', inPod('containers/app/0000000b')],
    ]);
    expect(await readFile(inPod('etc-hosts'), 'utf8')).toContain('\n10.1.0.5\tdb\n');
    expect((await stat(inPod('etc-hosts'))).mode & 0o777).toBe(0o644);
    expect((await stat(inPod('containers/app/0000000b'))).mode & 0o777).toBe(0o666);
  });

  it('does not read an environment file through a link that leads out of the volume', async () => {
    const pods = environment();
    await pods.preparePod(pod);
    await writeFile(join(temporary.path, 'env'), "KEY='secret'\n");
    await symlink(temporary.path, inPod('volumes/kubernetes.io~empty-dir/data/made'));
    await expect(pods.prepareContainer(containerInput(pod))).rejects.toMatchObject({
      code: 'ENVIRONMENT_INVALID',
      reason: 'CreateContainerConfigError',
      message: expect.stringContaining('leads outside of the volume'),
    });
  });

  it('has node addresses, the node hosts file and no hosts entry of its own on the host network', async () => {
    await writeFile(join(temporary.path, 'hosts'), '127.0.0.1 localhost\n');
    const pods = environment({ hostsFile: join(temporary.path, 'hosts') });
    const hostPod = testPod({
      hostNetwork: true,
      containers: [{ env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }] }],
    });
    await pods.preparePod(hostPod);
    const { envs } = await pods.prepareContainer(containerInput(hostPod, { podIps: [] }));
    expect(envs[0]?.value.toString()).toBe('192.0.2.10');
    expect(await readFile(inPod('etc-hosts'), 'utf8')).toBe('# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n');
  });

  it('leaves nothing behind', async () => {
    const pods = environment();
    await pods.preparePod(pod);
    await pods.prepareContainer(containerInput(pod, { container: { ...pod.spec.containers[0], env: [] } }));
    await pods.cleanPod(uid);
    await pods.cleanPod(uid);
    expect(await readdir(join(root, 'pods'))).toEqual([]);
    expect([...tree.directories].filter((directory) => directory.includes('pod0'))).toEqual([]);
    expect(await pods.listPodUids()).toEqual([]);
  });

  it('lists only what it made itself', async () => {
    const pods = environment();
    await pods.preparePod(pod);
    await mkdir(join(root, 'pods/of-another-kubelet/volumes'), { recursive: true });
    await tree.makeDirectory('/cg/kubepods/podof-another-kubelet');
    expect(await pods.listPodUids()).toEqual([uid]);
    await pods.cleanNode();
    expect(tree.directories.has('/cg/kubepods/podof-another-kubelet')).toBe(true);
  });

  it('counts what its disk emptyDirs use', async () => {
    const limited = testPod({
      volumes: [{ name: 'data', emptyDir: { sizeLimit: '1Mi' } }],
      containers: [{ volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
    });
    const pods = environment();
    await pods.preparePod(limited);
    const [before] = await pods.volumeUsage(limited);
    await writeFile(inPod('volumes/kubernetes.io~empty-dir/data/file'), Buffer.alloc(64 * 1024, 1));
    const [after] = await pods.volumeUsage(limited);
    expect(after).toMatchObject({ volumeName: 'data', limitBytes: 1_048_576 });
    expect((after?.usedBytes ?? 0) - (before?.usedBytes ?? 0)).toBeGreaterThanOrEqual(64 * 1024);
  });

  it('counts what its ConfigMaps use on disk, and no Secret, which lies in memory', async () => {
    const names = ['settings', 'key'];
    const pod = testPod({
      volumes: [
        { name: 'settings', configMap: { name: 'settings' } },
        { name: 'key', secret: { secretName: 'key' } },
      ],
      containers: [{ volumeMounts: names.map((name) => ({ name, mountPath: `/${name}` })) }],
    });
    for (const path of ['configmap/settings', 'secret/key']) {
      await mkdir(inPod(`volumes/kubernetes.io~${path}`), { recursive: true });
      await writeFile(inPod(`volumes/kubernetes.io~${path}/file`), Buffer.alloc(64 * 1024, 1));
    }
    const [usage, ...more] = await environment().volumeUsage(pod);
    expect([usage?.volumeName, more]).toEqual(['settings', []]);
    expect(usage?.usedBytes).toBeGreaterThanOrEqual(64 * 1024);
  });
});

describe('a pod that cannot be prepared', () => {
  const mounting = (volume: object, spec: object = {}) =>
    testPod({ ...spec, volumes: [{ name: 'v', ...volume }], containers: [{ volumeMounts: [{ name: 'v', mountPath: '/v' }] }] });

  it.each([
    ['a hostPath file that is missing', mounting({ hostPath: { path: '/no/such', type: 'File' } }), 'HOST_PATH_TYPE_MISMATCH', true],
    ['a volume that needs an API server', mounting({ secret: { secretName: 's' } }), 'VOLUME_UNSUPPORTED', false],
    ['an unknown medium', mounting({ emptyDir: { medium: 'Floppy' } }), 'VOLUME_UNSUPPORTED', false],
  ])('names the volume: %s', async (_, pod, code, retryable) => {
    await expect(environment().preparePod(pod)).rejects.toMatchObject({
      code,
      reason: 'FailedMount',
      retryable,
      message: expect.stringMatching(/^MountVolume.SetUp failed for volume "v" : /),
    });
  });

  it('starts by itself once the cause is gone', async () => {
    const path = join(temporary.path, 'late');
    const pod = mounting({ hostPath: { path, type: 'File' } });
    await expect(environment().preparePod(pod)).rejects.toMatchObject({ retryable: true });
    await writeFile(path, '');
    await environment().preparePod(pod);
  });

  it('refuses a UID that would lead out of the root directory', async () => {
    await expect(environment().preparePod(testPod({}, { uid: '../../etc' }))).rejects.toMatchObject({
      code: 'POD_DIRECTORIES_FAILED',
      retryable: false,
    });
    await expect(environment().cleanPod('..')).rejects.toMatchObject({ code: 'POD_DIRECTORIES_FAILED' });
  });

  it('refuses a new pod whose UID holds _, and still cleans up an old one', async () => {
    const pods = environment();
    await expect(pods.preparePod(testPod({}, { uid: 'a_b' }))).rejects.toMatchObject({ code: 'POD_DIRECTORIES_FAILED', retryable: false });
    await mkdir(join(root, 'pods/a_b'), { recursive: true });
    await writeFile(join(root, 'pods/a_b/solo-kubelet'), '');
    expect(await pods.listPodUids()).toEqual(['a_b']);
    await pods.cleanPod('a_b');
    expect(await readdir(join(root, 'pods'))).toEqual([]);
  });

  it('refuses a runtime class without a handler and knows one that has it', async () => {
    const pod = testPod({ runtimeClassName: 'kata' });
    await expect(environment().preparePod(pod)).rejects.toMatchObject({ code: 'RUNTIME_CLASS_UNKNOWN', reason: 'FailedCreatePodSandBox' });
    expect(environment({ runtimeClassHandlers: { kata: 'kata-qemu' } }).runtimeHandler(pod)).toBe('kata-qemu');
    const ofRuntime = environment({ runtimeClassHandlers: (name) => (name === 'kata' ? 'kata-clh' : undefined) });
    expect(ofRuntime.runtimeHandler(pod)).toBe('kata-clh');
    expect(() => ofRuntime.runtimeHandler(testPod({ runtimeClassName: 'runsc' }))).toThrow(/"runsc" has no handler/);
    for (const runtimeClassName of ['constructor', 'valueof', 'tostring'])
      expect(() => environment().runtimeHandler(testPod({ runtimeClassName }))).toThrow(/has no handler/);
    expect(environment().runtimeHandler(testPod())).toBe('');
  });

  it('asks for what a handler can by its own name, not by that of the class', async () => {
    const objects = { runtimeClassHandler: (name: string) => ({ fast: 'crun', plain: 'runc', crun: 'runc' })[name] } as PodObjects;
    const can = { recursiveReadOnlyMounts: true, userNamespaces: true };
    const cannot = { recursiveReadOnlyMounts: false, userNamespaces: false };
    const pods = environment(
      { objects, runtimeClassHandlers: (name) => (['crun', 'runc'].includes(name) ? name : undefined) },
      { runtimeHandlerFeatures: (handler) => ({ '': cannot, crun: can, runc: cannot, fast: cannot, gone: can })[handler] },
    );
    const ofClass = (runtimeClassName: string | undefined) => testPod(runtimeClassName === undefined ? {} : { runtimeClassName });
    const shown = ['fast', 'plain', 'crun', 'runc', 'gone', undefined].map((name) => pods.mountsRecursivelyReadOnly(ofClass(name)));
    expect(shown).toEqual([true, false, false, false, false, false]);
    await pods.preparePod(testPod({ runtimeClassName: 'fast', hostUsers: false }));
    await expect(pods.preparePod(testPod({ runtimeClassName: 'crun', hostUsers: false }))).rejects.toMatchObject({
      code: 'USER_NAMESPACE_UNAVAILABLE',
    });
  });

  it('needs a runtime with user namespaces for hostUsers: false', async () => {
    const pod = testPod({ hostUsers: false });
    const without = environment({}, { runtimeHandlerFeatures: () => undefined });
    await expect(without.preparePod(pod)).rejects.toMatchObject({ code: 'USER_NAMESPACE_UNAVAILABLE' });
    const pods = environment();
    await pods.preparePod(pod);
    const { config } = await pods.sandboxConfig(pod, 0);
    expect(config.linux?.securityContext?.namespaceOptions?.usernsOptions).toMatchObject({
      mode: 0,
      uids: [{ hostId: 65_536, length: 65_536 }],
    });
  });

  it('says which resolver file cannot be read', async () => {
    const pods = environment({ resolvConf: '/no/such/resolv.conf' });
    await expect(pods.sandboxConfig(testPod(), 0)).rejects.toMatchObject({
      code: 'RESOLV_CONF_UNREADABLE',
      reason: 'FailedCreatePodSandBox',
    });
    expect((await pods.sandboxConfig(testPod({ dnsPolicy: 'None' }), 0)).config.dnsConfig?.servers).toEqual([]);
  });
});

describe('cgroups of pods', () => {
  it('are the parent of the sandbox, or nothing without cgroupsPerQOS', async () => {
    const parent = async (pods: ReturnType<typeof environment>) => (await pods.sandboxConfig(testPod(), 0)).config.linux?.cgroupParent;
    expect(await parent(environment())).toBe(`/kubepods/besteffort/pod${uid}`);
    expect(await parent(environment({ cgroups: { version: 2, mountPoint: '/cg', tree, perQos: false } }))).toBe('');
  });

  it('hang below node and QoS levels, whose shares follow the pods', async () => {
    const pods = environment({
      cgroups: { version: 2, mountPoint: '/cg', tree, nodeLimits: { milliCpu: 4_000, memoryBytes: 1024 ** 3, pids: 1_000 } },
    });
    await pods.prepareNode();
    expect(tree.files.get('/cg/kubepods/memory.max')).toBe('1073741824');
    expect(tree.files.get('/cg/kubepods/cpu.weight')).toBe('157');
    expect(tree.files.get('/cg/kubepods/burstable/cpu.weight')).toBe('1');
    const burstable = testPod({ containers: [{ resources: { requests: { cpu: '2' } } }] });
    await pods.updateQosCgroups([burstable, testPod()]);
    expect(tree.files.get('/cg/kubepods/burstable/cpu.weight')).toBe('79');
    await pods.cleanNode();
    expect([...tree.directories]).toEqual(['/cg']);
    expect(await mountsBelowRoot()).toEqual([]);
  });
});

describe('cgroups of the system', () => {
  const reserved = (driver: 'cgroupfs' | 'systemd', path: string) =>
    environment({
      cgroups: {
        ...{ version: 2, mountPoint: '/cg', tree, driver },
        reserved: [{ path, limits: { milliCpu: 100, memoryBytes: 104_857_600, pids: 738 } }],
      },
    });

  it('are held to what is reserved for them', async () => {
    for (const controller of ['cpu', 'memory', 'pids']) await tree.write('/cg/cgroup.subtree_control', `+${controller}`);
    await tree.makeDirectory('/cg/kube-reserved');
    await reserved('cgroupfs', 'kube-reserved').prepareNode();
    expect(tree.files.get('/cg/kube-reserved/cpu.weight')).toBe('4');
    expect(tree.files.get('/cg/kube-reserved/memory.max')).toBe('104857600');
    expect(tree.files.get('/cg/kube-reserved/pids.max')).toBe('738');
  });

  it('have to be there', async () => {
    await expect(reserved('cgroupfs', '/system').prepareNode()).rejects.toMatchObject({
      code: 'POD_CGROUP_FAILED',
      message: 'cannot hold the reserved cgroup /system to its limits: it does not exist',
    });
  });
});

describe.runIf(canMount)('volumes that are mounted (as root)', () => {
  const memory = testPod(
    {
      securityContext: { fsGroup: 2000 },
      volumes: [
        { name: 'ram', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
        {
          name: 'info',
          projected: {
            sources: [
              {
                downwardAPI: {
                  items: [
                    { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
                    { path: 'res/cpu', resourceFieldRef: { containerName: 'app', resource: 'limits.cpu' }, mode: 0o400 },
                  ],
                },
              },
            ],
          },
        },
      ],
      containers: [
        {
          volumeMounts: [
            { name: 'ram', mountPath: '/ram' },
            { name: 'ram', mountPath: '/sub', subPath: 'made/here' },
            { name: 'info', mountPath: '/info' },
          ],
        },
      ],
    },
    { labels: { a: '1' } },
  );
  const info = (path: string): string => inPod(`volumes/kubernetes.io~projected/info/${path}`);

  it('are tmpfs of the right size, group and contents, and follow the pod', async () => {
    const pods = environment();
    await pods.preparePod(memory);
    const ram = inPod('volumes/kubernetes.io~empty-dir/ram');
    expect(execFileSync('df', ['-k', '--output=fstype,size', ram]).toString()).toMatch(/tmpfs\s+1024\n$/);
    expect((await stat(ram)).mode & 0o7777).toBe(0o3777);
    expect((await stat(ram)).gid).toBe(2000);
    expect(await readFile(info('labels'), 'utf8')).toBe('a="1"');
    expect(await readFile(info('res/cpu'), 'utf8')).toBe('4');
    expect((await stat(info('res/cpu'))).mode & 0o777).toBe(0o440);
    expect((await stat(info('labels'))).gid).toBe(2000);
    await pods.refreshVolumes({ ...memory, metadata: { ...memory.metadata, labels: { a: '2' } } });
    expect(await readFile(info('labels'), 'utf8')).toBe('a="2"');
    await pods.cleanPod(uid);
  });

  it('are all undone by another process after a crash, without touching what they showed', async () => {
    const outside = join(temporary.path, 'outside');
    await mkdir(join(outside, 'precious'), { recursive: true });
    const pod = testPod({
      ...memory.spec,
      volumes: [...(memory.spec.volumes ?? []), { name: 'host', hostPath: { path: outside } }],
      containers: [
        { volumeMounts: [...(memory.spec.containers[0]?.volumeMounts ?? []), { name: 'host', mountPath: '/host', subPath: 'precious' }] },
      ],
    });
    const pods = environment();
    await pods.preparePod(pod);
    const { mounts } = await pods.prepareContainer(containerInput(pod));
    expect((await stat(mounts[3]?.hostPath ?? '')).ino).toBe((await stat(join(outside, 'precious'))).ino);
    await writeFile(join(mounts[3]?.hostPath ?? '', 'data'), 'data');
    expect((await mountsBelowRoot()).length).toBe(4);
    await environment().cleanPod(uid);
    expect(await mountsBelowRoot()).toEqual([]);
    expect(await readdir(join(root, 'pods'))).toEqual([]);
    expect(await readFile(join(outside, 'precious/data'), 'utf8')).toBe('data');
  });

  it('keep everything while one mount cannot be undone, and say which', async () => {
    const ram = inPod('volumes/kubernetes.io~empty-dir/ram');
    let stuck = true;
    const pods = environment({
      runCommand: async (program, args, options) =>
        stuck && program === 'umount' && args.includes(ram)
          ? { exitCode: undefined, stdout: '', stderr: 'timed out after 5 ms', gaveUp: true, ended: Promise.resolve() }
          : runCommand(program, args, options),
    });
    await pods.preparePod(memory);
    await writeFile(join(ram, 'data'), 'data');
    await expect(pods.cleanPod(uid)).rejects.toMatchObject({
      code: 'UNMOUNT_FAILED',
      retryable: true,
      message: expect.stringContaining(ram),
    });
    expect(await readFile(join(ram, 'data'), 'utf8')).toBe('data');
    expect(await pods.listPodUids()).toEqual([uid]);
    stuck = false;
    await pods.cleanPod(uid);
    expect(await pods.listPodUids()).toEqual([]);
  });

  it('are unmounted when a pod has ended, while the pod and its disks stay', async () => {
    const pods = environment();
    await pods.preparePod(memory);
    expect(await mountsBelowRoot()).toContain(inPod('volumes/kubernetes.io~empty-dir/ram'));
    await pods.releaseVolumes(uid);
    expect(await mountsBelowRoot()).not.toContain(inPod('volumes/kubernetes.io~empty-dir/ram'));
    expect(await pods.listPodUids()).toEqual([uid]);
  });

  it('report an nfs server that cannot be mounted and leave no directory', async () => {
    const pod = testPod({
      volumes: [{ name: 'v', nfs: { server: '127.0.0.1', path: '/none' } }],
      containers: [{ volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
    });
    await expect(environment({ commandTimeoutMs: 10_000 }).preparePod(pod)).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      reason: 'FailedMount',
      retryable: true,
    });
    expect(await readdir(inPod('volumes/kubernetes.io~nfs'))).toEqual([]);
  });
});
