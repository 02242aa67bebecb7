import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { dropAll, look, type Sight, STAY, sightOf, sightOfStayer, stayer, viewer } from './looking.js';

const run = promisify(execFile);
const mount = (name: string, mountPath: string, more: object = {}) => ({ name, mountPath, ...more });
/** The mountinfo lines of a container's path: options before the dash, type, source and super options after it. */
const mountOf = (path: string): string => `grep ' ${path} ' /proc/self/mountinfo`;

let node: TestNode;
let hostDirectory: string;
beforeAll(async () => {
  node = await startNode();
  hostDirectory = await mkdtemp(join(node.bed.directory, 'host-'));
});
afterAll(() => node?.[Symbol.asyncDispose]());

describe('emptyDir', () => {
  let sight: Sight;
  beforeAll(async () => {
    const volumes = [
      { name: 'disk', emptyDir: {} },
      { name: 'nothing' },
      { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
      { name: 'bounded', emptyDir: { medium: 'Memory' } },
    ];
    const commands = {
      modes: "stat -c '%n %a %u:%g' /disk /nothing /memory",
      disk: mountOf('/disk'),
      memory: mountOf('/memory'),
      bounded: mountOf('/bounded'),
      write: 'echo kept > /disk/file && cat /disk/file',
      overfill: 'dd if=/dev/zero of=/memory/large bs=1024 count=2048',
    };
    const volumeMounts = volumes.map(({ name }) => mount(name, `/${name}`));
    await dropAll(node, [viewer('empty', commands, { volumes, container: { volumeMounts, resources: { limits: { memory: '32Mi' } } } })]);
    sight = await sightOf(node, 'empty');
  });

  it('is a directory that everybody may use', () => {
    expect(sight['modes']).toBe('/disk 777 0:0\n/nothing 777 0:0\n/memory 1777 0:0\n');
    expect(sight['disk']).not.toContain('tmpfs');
    expect(sight['write']).toBe('kept\n');
  });

  it('in memory is a tmpfs of its sizeLimit that never goes to swap', () => {
    expect(sight['memory']).toMatch(/ - tmpfs tmpfs .*\bsize=1024k\b.*\bnoswap\b/);
    expect(sight['overfill']).toContain('No space left on device');
  });

  it('in memory without a limit is held to the memory limit of the pod', () => {
    expect(sight['bounded']).toMatch(/\bsize=32768k\b/);
  });
});

describe('hostPath', () => {
  it('of every type is checked, made where it may be, and mounted', async () => {
    const socket = node.bed.endpoint.replace('unix://', '');
    await mkdir(join(hostDirectory, 'directory'), { mode: 0o755 });
    await writeFile(join(hostDirectory, 'file'), 'from the host\n');
    const paths: readonly (readonly [name: string, type: string, path: string])[] = [
      ['any', '', hostDirectory],
      ['directory', 'Directory', join(hostDirectory, 'directory')],
      ['new-directory', 'DirectoryOrCreate', join(hostDirectory, 'made/below')],
      ['file', 'File', join(hostDirectory, 'file')],
      ['new-file', 'FileOrCreate', join(hostDirectory, 'made-file')],
      ['socket', 'Socket', socket],
      ['character', 'CharDevice', '/dev/null'],
      ['block', 'BlockDevice', '/dev/loop0'],
    ];
    const commands = {
      kinds: `stat -c '%n %F' ${paths.map(([name]) => `/host/${name}`).join(' ')}`,
      file: 'cat /host/file',
      made: "stat -c '%a %u:%g' /host/new-directory /host/new-file",
      write: 'echo from the pod > /host/new-directory/file',
    };
    const volumes = paths.map(([name, type, path]) => ({ name, hostPath: { path, type } }));
    await dropAll(node, [
      viewer('host-paths', commands, { volumes, container: { volumeMounts: paths.map(([name]) => mount(name, `/host/${name}`)) } }),
    ]);
    const sight = await sightOf(node, 'host-paths');
    expect(sight['kinds']?.trimEnd().split('\n')).toEqual([
      '/host/any directory',
      '/host/directory directory',
      '/host/new-directory directory',
      '/host/file regular file',
      '/host/new-file regular empty file',
      '/host/socket socket',
      '/host/character character special file',
      '/host/block block special file',
    ]);
    expect(sight['file']).toBe('from the host\n');
    expect(sight['made']).toBe('755 0:0\n644 0:0\n');
    expect(await readFile(join(hostDirectory, 'made/below/file'), 'utf8')).toBe('from the pod\n');
  });
});

describe('files about the pod', () => {
  const items = [
    { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
    { path: 'role', fieldRef: { fieldPath: "metadata.labels['role']" } },
    { path: 'annotations', fieldRef: { fieldPath: 'metadata.annotations' }, mode: 0o440 },
    { path: 'deep/name', fieldRef: { fieldPath: 'metadata.name' } },
    { path: 'uid', fieldRef: { fieldPath: 'metadata.uid' } },
    { path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } },
    { path: 'cpu', resourceFieldRef: { containerName: 'app', resource: 'limits.cpu', divisor: '1m' } },
    { path: 'memory', resourceFieldRef: { containerName: 'app', resource: 'requests.memory', divisor: '1Mi' } },
  ];
  const commands = {
    labels: 'cat /pod/labels',
    role: 'cat /pod/role',
    annotations: 'cat /pod/annotations',
    name: 'cat /pod/deep/name',
    uid: 'cat /pod/uid',
    namespace: 'cat /pod/namespace',
    cpu: 'cat /pod/cpu',
    memory: 'cat /pod/memory',
    links: 'readlink /pod/..data; readlink /pod/labels; readlink /pod/deep',
    modes: "stat -L -c '%n %a' /pod/..data /pod/labels /pod/annotations /pod/deep/name",
    write: 'echo x > /pod/labels',
    type: mountOf('/pod'),
    projected: "cat /projected/sub/role; stat -L -c '\n%a' /projected/sub/role; cat /projected/name",
  };
  const manifest = (labels: object) =>
    stayer(
      'downward',
      commands,
      {
        volumes: [
          { name: 'pod', downwardAPI: { items } },
          {
            name: 'projected',
            projected: {
              defaultMode: 0o400,
              sources: [
                { downwardAPI: { items: [{ path: 'sub/role', fieldRef: { fieldPath: "metadata.labels['role']" } }] } },
                { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
              ],
            },
          },
        ],
        container: {
          volumeMounts: [mount('pod', '/pod'), mount('projected', '/projected'), mount('pod', '/one-label', { subPath: 'role' })],
          resources: { limits: { cpu: '1500m', memory: '64Mi' }, requests: { cpu: '100m', memory: '16Mi' } },
        },
      },
      { uid: 'downward-uid', labels, annotations: { note: 'two\nlines "quoted"' } },
    );
  let sight: Sight;
  beforeAll(async () => {
    await dropAll(node, [manifest({ role: 'web', app: 'shop' })]);
    ({ sight } = await sightOfStayer(node, 'downward'));
  });

  it('have the fields of the pod, without a newline at the end', () => {
    expect(sight['labels']).toBe('app="shop"\nrole="web"');
    expect(sight['role']).toBe('web');
    expect(sight['annotations']).toContain('note="two\\nlines \\"quoted\\""');
    expect(sight['annotations']).toContain('kubernetes.io/config.source="file"');
    expect(sight['name']).toBe('downward-node1');
    expect(sight['uid']).toBe('downward-uid');
    expect(sight['namespace']).toBe('default');
    expect(sight['cpu']).toBe('1500');
    expect(sight['memory']).toBe('16');
  });

  it('lie behind links on a tmpfs, with their modes, and cannot be written', () => {
    expect(sight['links']).toMatch(/^\.\.\d{4}(_\d{2}){5}\.\w+\n\.\.data\/labels\n\.\.data\/deep\n$/);
    expect(sight['modes']).toBe('/pod/..data 755\n/pod/labels 644\n/pod/annotations 440\n/pod/deep/name 644\n');
    expect(sight['write']).toContain('Read-only file system');
    expect(sight['type']).toMatch(/ ro,.* - tmpfs /);
  });

  it('come from several sources in a projected volume', () => {
    expect(sight['projected']).toBe('web\n400\ndownward-node1');
  });

  it('follow the manifest in one step while the container runs, except where one is mounted by subPath', async () => {
    const container = (await node.running()).get('downward/app');
    const before = await node.exec('downward', 'readlink /pod/..data');
    await dropAll(node, [manifest({ role: 'changed', app: 'shop', more: 'yes' })]);
    await waitFor(async () => (await node.exec('downward', 'cat /pod/role')) === 'changed', { what: 'the new label in the volume' });
    expect(await node.exec('downward', 'cat /pod/labels')).toBe('app="shop"\nmore="yes"\nrole="changed"');
    expect(await node.exec('downward', 'cat /projected/sub/role')).toBe('changed');
    expect(await node.exec('downward', 'cat /one-label')).toBe('web');
    expect(await node.exec('downward', 'readlink /pod/..data')).not.toBe(before);
    expect((await node.running()).get('downward/app')).toBe(container);
  });
});

describe('groups of volumes', () => {
  it('give fsGroup to what the pod owns, leave a hostPath alone, and put the process in every group', async () => {
    const untouched = join(hostDirectory, 'untouched');
    await mkdir(untouched, { mode: 0o700 });
    const commands = {
      groups: 'id -G',
      volumes: "stat -L -c '%n %a %u:%g' /disk /memory /pod /pod/name /host",
      file: "touch /disk/file && stat -c '%u:%g' /disk/file",
    };
    const pod = (name: string, more: object) =>
      viewer(name, commands, {
        securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000, supplementalGroups: [3000, 4000], ...more },
        volumes: [
          { name: 'disk', emptyDir: {} },
          { name: 'memory', emptyDir: { medium: 'Memory' } },
          { name: 'pod', downwardAPI: { defaultMode: 0o400, items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
          { name: 'host', hostPath: { path: untouched } },
        ],
        container: { volumeMounts: ['disk', 'memory', 'pod', 'host'].map((one) => mount(one, `/${one}`)) },
      });
    await dropAll(node, [pod('group-always', {}), pod('group-on-mismatch', { fsGroupChangePolicy: 'OnRootMismatch' })]);
    for (const name of ['group-always', 'group-on-mismatch']) {
      const sight = await sightOf(node, name);
      expect(
        sight['groups']
          ?.trim()
          .split(' ')
          .map(Number)
          .sort((a, b) => a - b),
      ).toEqual([29, 1000, 2000, 3000, 4000]);
      expect(sight['volumes']).toBe(
        ['/disk 2777 0:2000', '/memory 3777 0:2000', '/pod 3777 0:2000', '/pod/name 440 0:2000', '/host 700 0:0', ''].join('\n'),
      );
      expect(sight['file']).toBe('1000:2000\n');
    }
    expect((await stat(untouched)).gid).toBe(0);
  });
});

describe('mount options', () => {
  it('readOnly refuses writing through that mount only', async () => {
    const commands = { read: 'echo x > /read/file', write: 'echo x > /write/file && cat /read/file', options: mountOf('/read') };
    const volumeMounts = [mount('disk', '/read', { readOnly: true }), mount('disk', '/write')];
    await dropAll(node, [viewer('read-only', commands, { volumes: [{ name: 'disk', emptyDir: {} }], container: { volumeMounts } })]);
    const sight = await sightOf(node, 'read-only');
    expect(sight['read']).toContain('Read-only file system');
    expect(sight['write']).toBe('x\n');
    expect(sight['options']).toMatch(/ \/read ro,/);
  });

  it('mountPropagation carries mounts to the host, from the host, or not at all', async () => {
    const shared = join(hostDirectory, 'shared');
    await mkdir(shared);
    await run('mount', ['--bind', shared, shared]);
    await run('mount', ['--make-shared', shared]);
    const volumes = [{ name: 'shared', hostPath: { path: shared } }];
    const one = (name: string, mountPropagation: string, more: object = {}) =>
      script(name, STAY, { volumeMounts: [mount('shared', '/shared', { mountPropagation })], ...more });
    await dropAll(node, [
      podManifest('propagation', {
        volumes,
        containers: [
          one('both', 'Bidirectional', { securityContext: { privileged: true } }),
          one('from-host', 'HostToContainer'),
          one('none', 'None'),
        ],
      }),
    ]);
    await node.pod('propagation', isRunning);
    const mounts = async (container: string) => node.exec('propagation', 'grep " /shared" /proc/self/mountinfo', container);
    await node.exec(
      'propagation',
      'mkdir /shared/inner && mount -t tmpfs -o size=64k inner /shared/inner && echo seen > /shared/inner/file',
      'both',
    );
    expect(await readFile(join(shared, 'inner/file'), 'utf8')).toBe('seen\n');
    expect(await mounts('from-host')).toContain(' /shared/inner ');
    expect(await mounts('none')).not.toContain(' /shared/inner ');
    await mkdir(join(shared, 'outer'));
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'outer', join(shared, 'outer')]);
    expect(await mounts('both')).toContain(' /shared/outer ');
    expect(await mounts('from-host')).toContain(' /shared/outer ');
    expect(await mounts('none')).not.toContain(' /shared/outer ');
    await node.remove('propagation.json');
    await node.gone('propagation');
    for (const path of ['inner', 'outer', '']) await run('umount', [join(shared, path)]);
  });

  it('recursiveReadOnly of a runtime without it degrades or fails as asked', async () => {
    const pod = (name: string, recursiveReadOnly: string) =>
      viewer(
        name,
        { options: mountOf('/disk') },
        {
          volumes: [{ name: 'disk', emptyDir: {} }],
          container: { volumeMounts: [mount('disk', '/disk', { readOnly: true, recursiveReadOnly })] },
        },
      );
    await dropAll(node, [pod('rro-possible', 'IfPossible'), pod('rro-enabled', 'Enabled')]);
    expect((await sightOf(node, 'rro-possible'))['options']).toMatch(/ \/disk ro,/);
    const refused = await node.pod(
      'rro-enabled',
      ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
    );
    expect(refused.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain(
      'volume "disk" requested recursive read-only mode, but it is not supported by the runtime',
    );
  });
});

it('a volume that no container mounts is never made', async () => {
  await dropAll(node, [
    podManifest('unused', {
      restartPolicy: 'Never',
      volumes: [{ name: 'unused', hostPath: { path: join(hostDirectory, 'never'), type: 'DirectoryOrCreate' } }],
      containers: [script('app', look({ done: 'true' }))],
    }),
  ]);
  await sightOf(node, 'unused');
  await expect(stat(join(hostDirectory, 'never'))).rejects.toMatchObject({ code: 'ENOENT' });
});
