import { mkdir, readFile, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPodEnvironment, type NodeEnvironment, type NodeFacts, type PodObjects } from '../src/index.js';
import { canMount, temporaryDirectory } from '../src/testing/as-root.js';
import { type FakeCgroupTree, fakeCgroupTree, testNode, testPod } from '../src/testing/index.js';

const uid = '0123456789abcdef0123456789abcdef';
const MIB = 1024 ** 2;
let temporary: ReturnType<typeof temporaryDirectory>;
let root: string;
let tree: FakeCgroupTree;
beforeEach(() => {
  temporary = temporaryDirectory();
  root = join(temporary.path, 'kubelet');
  tree = fakeCgroupTree({ version: 2 });
});
afterEach(() => temporary.remove());

const environment = (overrides: Partial<NodeEnvironment> = {}, facts: Partial<NodeFacts> = {}) =>
  createPodEnvironment(testNode(root, { cgroups: { version: 2, mountPoint: '/cg', tree }, ...overrides }, facts));
const inPod = (path: string): string => join(root, 'pods', uid, path);
const mounting = (source: object, mount: object = {}, spec: object = {}) =>
  testPod({
    ...spec,
    volumes: [{ name: 'data', ...source }],
    containers: [{ volumeMounts: [{ name: 'data', mountPath: '/data', ...mount }] }],
  });

describe('emptyDir.mode', () => {
  const directory = () => inPod('volumes/kubernetes.io~empty-dir/data');

  it.each([
    ['as it is asked for', { mode: 0o1750 }, {}, 0o1750],
    ['0777 where nothing is asked for', {}, {}, 0o777],
    ['with what the group needs, which wins', { mode: 0o700 }, { securityContext: { fsGroup: 2000 } }, 0o2770],
  ])('of a directory on disk is %s', async (_what, emptyDir, spec, mode) => {
    const pods = environment();
    await pods.preparePod(mounting({ emptyDir }, {}, spec));
    expect((await stat(directory())).mode & 0o7777).toBe(mode);
    await pods.cleanPod(uid);
  });

  it.skipIf(!canMount)('of a file system in memory is the one asked for, too', async () => {
    const pods = environment();
    await pods.preparePod(mounting({ emptyDir: { medium: 'Memory', mode: 0o711 } }));
    expect((await stat(directory())).mode & 0o7777).toBe(0o711);
    await pods.cleanPod(uid);
  });
});

describe('owners of files', () => {
  const objects: PodObjects = {
    configMap: () => ({ data: { a: '1', b: '2' } }),
    secret: () => ({ data: { a: 'MQ==', b: 'Mg==' } }),
    runtimeClassHandler: () => undefined,
    claim: async () => ({ ok: false, error: 'none' }),
    token: async () => 'token',
  };
  const items = [
    { key: 'a', path: 'a' },
    { key: 'b', path: 'b', user: 1002 },
  ];
  const facts = [
    { path: 'a', fieldRef: { fieldPath: 'metadata.name' } },
    { path: 'b', fieldRef: { fieldPath: 'metadata.uid' }, user: 1002 },
  ];

  it.skipIf(!canMount).each([
    ['secret', { secret: { secretName: 's', items, defaultUser: 1001 } }],
    ['configmap', { configMap: { name: 'c', items, defaultUser: 1001 } }],
    ['downward-api', { downwardAPI: { items: facts, defaultUser: 1001 } }],
    ['projected', { projected: { defaultUser: 1001, sources: [{ secret: { name: 's', items } }] } }],
    ['projected', { projected: { defaultUser: 1001, sources: [{ downwardAPI: { items: facts } }] } }],
    [
      'projected',
      {
        projected: {
          defaultUser: 1001,
          sources: [{ configMap: { name: 'c', items: items.slice(0, 1) } }, { serviceAccountToken: { path: 'b', user: 1002 } }],
        },
      },
    ],
  ])('of a %s volume are those of the file, else the default', async (kind, source) => {
    const pods = environment({ objects });
    await pods.preparePod(mounting(source, {}, { securityContext: { runAsUser: 7 } }));
    const owner = async (name: string) => (await stat(inPod(`volumes/kubernetes.io~${kind}/data/${name}`))).uid;
    expect([await owner('a'), await owner('b')]).toEqual([1001, 1002]);
    await pods.cleanPod(uid);
  });

  it.skipIf(!canMount)('are root where nobody is named, and the user of all containers for a token', async () => {
    const sources = [{ secret: { name: 's' } }, { serviceAccountToken: { path: 'token' } }];
    const pods = environment({ objects });
    await pods.preparePod(mounting({ projected: { sources } }, {}, { securityContext: { runAsUser: 7 } }));
    const owner = async (name: string) => (await stat(inPod(`volumes/kubernetes.io~projected/data/${name}`))).uid;
    expect([await owner('a'), await owner('token')]).toEqual([0, 7]);
    await pods.cleanPod(uid);
  });
});

describe('bindMountOptions', () => {
  const pod = mounting({ emptyDir: {} }, { bindMountOptions: ['noexec', 'nosuid'] });
  const prepare = async (facts: Partial<NodeFacts>, given = pod) => {
    const pods = environment({}, facts);
    await pods.preparePod(given);
    const input = { container: given.spec.containers[0]!, restartCount: 0, podIps: ['10.1.0.5'], image: { imageId: 'sha256:1', uid: 0 } };
    return pods.prepareContainer({ pod: given, ...input });
  };

  it('are handed to a runtime that says that it knows them', async () => {
    expect((await prepare({ mountOptions: true })).mounts[0]).toMatchObject({ containerPath: '/data', mountOptions: ['noexec', 'nosuid'] });
  });

  it.each([{}, { mountOptions: false }])('keep a container from a runtime that does not', async (facts) => {
    await expect(prepare(facts)).rejects.toMatchObject({
      code: 'MOUNT_UNSUPPORTED',
      reason: 'CreateContainerConfigError',
      message: expect.stringContaining('with bindMountOptions (noexec, nosuid), which the container runtime does not support'),
    });
    expect((await prepare(facts, mounting({ emptyDir: {} }))).mounts[0]).toMatchObject({ mountOptions: [] });
  });
});

describe('volumes in memory', () => {
  const sized = (memory: string) =>
    testPod({
      volumes: [{ name: 'data', emptyDir: { medium: 'Memory' } }],
      containers: [{ volumeMounts: [{ name: 'data', mountPath: '/data' }], resources: { limits: { memory }, requests: { memory } } }],
    });
  const directory = () => inPod('volumes/kubernetes.io~empty-dir/data');
  const sizeOf = async () => {
    const { blocks, bsize } = await statfs(directory());
    return blocks * bsize;
  };

  it.skipIf(!canMount)('follow the limits of their pod with its files, and keep a size that they have outgrown', async () => {
    const pods = environment({ resizeMemoryVolumes: true });
    await pods.preparePod(sized('8Mi'));
    expect(await sizeOf()).toBe(8 * MIB);
    await writeFile(join(directory(), 'kept'), Buffer.alloc(6 * MIB, 1));
    await pods.resizePod(sized('16Mi'));
    expect(await sizeOf()).toBe(16 * MIB);
    await pods.resizePod(sized('4Mi'));
    expect(await sizeOf()).toBe(16 * MIB);
    expect((await readFile(join(directory(), 'kept'))).equals(Buffer.alloc(6 * MIB, 1))).toBe(true);
    await pods.resizePod(sized('12Mi'));
    expect(await sizeOf()).toBe(12 * MIB);
    await pods.cleanPod(uid);
  });

  it.skipIf(!canMount)('keep their size while the gate is off', async () => {
    const pods = environment();
    await pods.preparePod(sized('8Mi'));
    await pods.resizePod(sized('16Mi'));
    expect(await sizeOf()).toBe(8 * MIB);
    await pods.cleanPod(uid);
  });
});

describe('MemoryQoS', () => {
  const GUARANTEED = { cpu: '1', memory: '64Mi' };
  const guaranteed = testPod({ containers: [{ resources: { requests: GUARANTEED, limits: GUARANTEED } }] });
  const burstable = testPod({ containers: [{ resources: { requests: { memory: '32Mi' } } }] });
  const value = (path: string) => tree.files.get(`/cg/kubepods${path}`);
  const unified = async (pods: ReturnType<typeof environment>, pod = burstable) => {
    const input = { container: pod.spec.containers[0]!, restartCount: 0, podIps: ['10.1.0.5'], image: { imageId: 'sha256:1', uid: 0 } };
    await pods.preparePod(pod);
    return (await pods.prepareContainer({ pod, ...input })).linux?.resources?.unified;
  };

  it('keeps what pods ask for, firmly or softly, with every cgroup above them', async () => {
    const pods = environment({ memoryQos: { tiered: true } });
    await pods.prepareNode();
    expect(await unified(pods, guaranteed)).toMatchObject({ 'memory.min': `${64 * MIB}` });
    expect(value(`/pod${uid}/memory.min`)).toBe(`${64 * MIB}`);
    expect(await unified(pods)).toMatchObject({ 'memory.low': `${32 * MIB}` });
    expect(value(`/burstable/pod${uid}/memory.low`)).toBe(`${32 * MIB}`);
    await pods.updateQosCgroups([guaranteed, burstable]);
    expect(value('/memory.min')).toBe(`${96 * MIB}`);
    expect(value('/burstable/memory.low')).toBe(`${32 * MIB}`);
  });

  it('slows nothing down unless a factor is given, as 1.37 has it', async () => {
    const nodeBytes = 8 * 1024 * MIB;
    expect(await unified(environment({ memoryQos: { tiered: true } }))).not.toHaveProperty(['memory.high']);
    expect(await unified(environment({ memoryQos: { tiered: false, throttlingFactor: 0.5, nodeBytes } }))).toMatchObject({
      'memory.min': '0',
      'memory.low': '0',
      'memory.high': `${(32 * MIB + 8 * 1024 * MIB) / 2}`,
    });
    expect(await unified(environment({ memoryQos: { tiered: true, throttlingFactor: 0.5, nodeBytes } }), testPod())).toMatchObject({
      'memory.low': '0',
      'memory.high': `${4 * 1024 * MIB}`,
    });
    expect(await unified(environment({ memoryQos: { tiered: false, throttlingFactor: 0.5 } }), guaranteed)).not.toHaveProperty([
      'memory.high',
    ]);
  });

  it('is cleared everywhere once it is off, and nothing is touched where it never was on', async () => {
    const on = environment({ memoryQos: { tiered: true, throttlingFactor: 0.9 } });
    await on.prepareNode();
    await on.preparePod(burstable);
    await on.updateQosCgroups([burstable]);
    const container = `/burstable/pod${uid}/container`;
    await tree.write(`/cg/kubepods/burstable/pod${uid}/cgroup.subtree_control`, '+memory');
    await tree.makeDirectory(`/cg/kubepods${container}`);
    const inContainer = async (high: string) => {
      await tree.write(`/cg/kubepods${container}/memory.high`, high);
      await tree.write(`/cg/kubepods${container}/memory.low`, '4096');
    };
    await inContainer('8192');
    await environment().prepareNode();
    const read = (file: string) => ['', '/burstable', `/burstable/pod${uid}`, container].map((path) => value(`${path}/${file}`));
    expect(read('memory.low').filter((each) => each !== '0' && each !== '')).toEqual([]);
    expect(read('memory.min').filter((each) => each !== '0' && each !== '')).toEqual([]);
    expect(value(`${container}/memory.high`)).toBe('max');
    await inContainer('8192');
    await environment().prepareNode();
    expect(value(`${container}/memory.high`)).toBe('8192');
  });
});

describe('defaultPodSysctls', () => {
  const defaultPodSysctls = {
    'kernel.shmmax': '1',
    'kernel.msgmax': '2',
    'net/core/somaxconn': '3',
    'kernel.domainname': 'example',
    'user.max_user_namespaces': '4',
    'vm.swappiness': '5',
  };
  const sysctls = async (spec: object = {}) => {
    const pods = environment({ defaultPodSysctls });
    await mkdir(join(root, 'pods'), { recursive: true });
    return (await pods.sandboxConfig(testPod(spec), 0)).config.linux?.sysctls;
  };

  it.each([
    [
      'of its own namespaces alone',
      {},
      { 'kernel.shmmax': '1', 'kernel.msgmax': '2', 'net.core.somaxconn': '3', 'kernel.domainname': 'example' },
    ],
    ['not of the network of the host', { hostNetwork: true }, { 'kernel.shmmax': '1', 'kernel.msgmax': '2' }],
    ['not of the IPC of the host', { hostIPC: true }, { 'net.core.somaxconn': '3', 'kernel.domainname': 'example' }],
    [
      'of users where it has its own',
      { hostUsers: false },
      {
        'kernel.shmmax': '1',
        'kernel.msgmax': '2',
        'net.core.somaxconn': '3',
        'kernel.domainname': 'example',
        'user.max_user_namespaces': '4',
      },
    ],
    [
      'behind those that it sets itself',
      { hostIPC: true, securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '9' }] } },
      { 'net.core.somaxconn': '9', 'kernel.domainname': 'example' },
    ],
  ])('reach a pod %s', async (_what, spec, expected) => expect(await sysctls(spec)).toEqual(expected));
});
