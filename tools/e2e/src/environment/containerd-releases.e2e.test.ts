import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { RuntimeHandlerFeatures } from '@solo-kubelet/cri-client';
import { imageNames } from '@solo-kubelet-tools/images';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPhase, startNode, type TestNode, waitingFor } from '../kubelet/node.js';
import { dropAll, sightOf, viewer } from './looking.js';

const run = promisify(execFile);
const mount = (name: string, mountPath: string, more: object = {}) => ({ name, mountPath, ...more });
const messageOf = async (node: TestNode, name: string, reason: string): Promise<string> =>
  (await node.pod(name, waitingFor(reason))).status?.containerStatuses?.[0]?.state?.waiting?.message ?? '';

describe.each(['1.6', '2.1'] as const)('on containerd %s', (release) => {
  const modern = release === '2.1';
  let node: TestNode;
  let features: RuntimeHandlerFeatures | undefined;
  let groupsPolicy: boolean;
  beforeAll(async () => {
    node = await startNode({ flags: ['--allowed-devices', 'solo-kubelet.test/*'] }, { containerd: release });
    const status = await node.bed.cri.runtime.status({});
    features = status.runtimeHandlers.find(({ name }) => name === '')?.features;
    groupsPolicy = status.features?.supplementalGroupsPolicy ?? false;
  });
  afterAll(() => node?.[Symbol.asyncDispose]());

  it('volumes, environment, names, users, privileges and limits are alike', async () => {
    const commands = {
      ids: 'id -u; id -g; id -G',
      files: "stat -c '%n %a %u:%g' /disk /etc/hosts; cat /about/name",
      env: 'echo "$A $B"; hostname',
      bits: "awk '/^(NoNewPrivs|Seccomp|CapBnd):/ {print $1, $2}' /proc/self/status",
      limits: 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.shares /proc/self/oom_score_adj',
      masked: 'wc -c < /proc/keys; touch /root-is-read-only',
      hosts: 'head -1 /etc/hosts',
    };
    const securityContext = {
      runAsUser: 1500,
      runAsGroup: 1500,
      fsGroup: 2000,
      supplementalGroups: [3000],
      seccompProfile: { type: 'RuntimeDefault' },
    };
    await dropAll(node, [
      viewer('alike', commands, {
        hostname: 'alike',
        securityContext,
        volumes: [
          { name: 'disk', emptyDir: {} },
          { name: 'about', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
        ],
        container: {
          env: [
            { name: 'A', value: 'a' },
            { name: 'B', value: '$(A)b' },
          ],
          volumeMounts: [mount('disk', '/disk'), mount('about', '/about')],
          resources: { requests: { cpu: '100m', memory: '16Mi' }, limits: { memory: '32Mi' } },
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        },
      }),
    ]);
    expect(await sightOf(node, 'alike')).toEqual({
      ids: '1500\n1500\n1500 2000 3000\n',
      files: '/disk 2777 0:2000\n/etc/hosts 644 0:0\nalike-node1',
      env: 'a ab\nalike\n',
      bits: 'CapBnd: 0000000000000000\nNoNewPrivs: 1\nSeccomp: 2\n',
      limits: '33554432\n102\n999\n',
      masked: expect.stringMatching(/^0\n.*Read-only file system\n$/),
      hosts: '# Kubernetes-managed hosts file.\n',
      end: '',
    });
  });

  it(modern ? 'an image is a volume that cannot be written' : 'an image volume keeps its pod waiting, with the reason', async () => {
    const volumes = [{ name: 'image', image: { reference: imageNames.http, pullPolicy: 'IfNotPresent' } }];
    const commands = { file: 'cat /image/www/index.html', write: 'touch /image/www/new' };
    const volumeMounts = [mount('image', '/image')];
    await dropAll(node, [viewer('image', commands, { volumes, container: { volumeMounts } })]);
    if (modern) {
      // No subPath: containerd heeds image_sub_path from 2.2 on, and mounts the whole image until then.
      const file = 'it works\n';
      expect(await sightOf(node, 'image')).toMatchObject({ file, write: expect.stringContaining('Read-only file system') });
    } else {
      expect(await messageOf(node, 'image', 'CreateContainerError')).toContain('failed to generate container');
    }
  });

  it('the image of a volume that is not there keeps its pod waiting, with the reason', async () => {
    const volumes = [{ name: 'image', image: { reference: 'localhost/no/such:image', pullPolicy: 'Never' } }];
    await dropAll(node, [viewer('no-image', { done: 'true' }, { volumes, container: { volumeMounts: [mount('image', '/image')] } })]);
    expect(await messageOf(node, 'no-image', 'ErrImageNeverPull')).toContain('localhost/no/such:image');
  });

  it(`recursiveReadOnly ${modern ? 'covers what is mounted below' : 'stops at what is mounted below, and Enabled fails'}`, async () => {
    expect(features?.recursiveReadOnlyMounts ?? false).toBe(modern);
    const outer = join(node.bed.directory, 'outer');
    await mkdir(join(outer, 'inner'), { recursive: true });
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'inner', join(outer, 'inner')]);
    const volumes = [{ name: 'outer', hostPath: { path: outer } }];
    const pod = (name: string, recursiveReadOnly: string) =>
      viewer(
        name,
        { outer: 'touch /outer/x', inner: `touch /outer/inner/${name}` },
        {
          volumes,
          container: { volumeMounts: [mount('outer', '/outer', { readOnly: true, recursiveReadOnly })] },
        },
      );
    await dropAll(node, [pod('possible', 'IfPossible'), pod('enabled', 'Enabled'), pod('disabled', 'Disabled')]);
    const refused = expect.stringContaining('Read-only file system');
    expect(await sightOf(node, 'disabled')).toMatchObject({ outer: refused, inner: '' });
    expect(await sightOf(node, 'possible')).toMatchObject({ outer: refused, inner: modern ? refused : '' });
    const shown = async (name: string) =>
      (await node.pod(name, hasPhase('Succeeded'))).status?.containerStatuses?.[0]?.volumeMounts?.[0]?.recursiveReadOnly;
    expect([await shown('possible'), await shown('disabled')]).toEqual([modern ? 'Enabled' : 'Disabled', 'Disabled']);
    if (modern) expect(await sightOf(node, 'enabled')).toMatchObject({ outer: refused, inner: refused });
    else expect(await messageOf(node, 'enabled', 'CreateContainerConfigError')).toContain('not supported');
    await run('umount', [join(outer, 'inner')]);
  });

  it(`supplementalGroupsPolicy Strict ${modern ? "keeps the image's own groups out" : 'is refused with the reason'}`, async () => {
    expect(groupsPolicy).toBe(modern);
    const pod = (name: string, supplementalGroupsPolicy: string) =>
      viewer(name, { groups: 'id -G' }, { securityContext: { runAsUser: 1000, supplementalGroups: [3000], supplementalGroupsPolicy } });
    await dropAll(node, [pod('merge', 'Merge'), pod('strict', 'Strict')]);
    expect((await sightOf(node, 'merge'))['groups']).toBe('1000 29 3000\n');
    if (modern) expect((await sightOf(node, 'strict'))['groups']).toBe('1000 3000\n');
    else expect((await node.pod('strict', hasPhase('Failed'))).status).toMatchObject({ reason: 'SupplementalGroupsPolicyNotSupported' });
  });

  it('a pod with a user namespace has its own ids, its volumes fit them, and /proc may be unmasked', async ({ skip }) => {
    const commands = { map: 'cat /proc/self/uid_map', file: "touch /disk/x && stat -c '%u:%g' /disk/x", proc: 'wc -l < /proc/keys' };
    const more = {
      volumes: [{ name: 'disk', emptyDir: {} }],
      container: { volumeMounts: [mount('disk', '/disk')], securityContext: { procMount: 'Unmasked' } },
    };
    await dropAll(node, [viewer('users', commands, { hostUsers: false, ...more })]);
    if (!features?.userNamespaces) {
      expect((await node.event('users', 'FailedCreatePodSandBox')).message).toContain('runtime does not support user namespaces');
      await node.remove('users.json');
      await node.gone('users');
      return skip(
        `containerd ${release} with this machine's runc makes no user namespaces (it says so in its Status); the refusal was tested`,
      );
    }
    const sight = await sightOf(node, 'users');
    expect(sight['map']).toMatch(/^\s+0\s+\d*65536\s+65536\n$/);
    expect(sight['file']).toBe('0:0\n');
  });

  it('CDI devices are given by annotation', async ({ skip }) => {
    if (!modern) return skip('containerd 1.6 knows no CDI');
    const kind = `solo-kubelet.test/${basename(node.bed.directory).toLowerCase()}`;
    const directory = '/var/run/cdi';
    const file = join(directory, `${kind.replace('/', '-')}.json`);
    const edits = { deviceNodes: [{ path: '/dev/camera', hostPath: '/dev/loop5' }], env: ['CAMERA=yes'] };
    await mkdir(directory, { recursive: true });
    try {
      await writeFile(file, JSON.stringify({ cdiVersion: '0.6.0', kind, devices: [{ name: 'one', containerEdits: edits }] }));
      const commands = { device: "stat -c '%F' /dev/camera && dd if=/dev/camera bs=1 count=0 && echo opened", env: 'echo "$CAMERA"' };
      await dropAll(node, [viewer('camera', commands, {}, { annotations: { 'cdi.k8s.io/camera': `${kind}=one` } })]);
      const sight = await sightOf(node, 'camera');
      expect(sight['device']).toMatch(/^block special file\n[\s\S]*opened\n$/);
      expect(sight['env']).toBe('yes\n');
    } finally {
      await rm(file, { force: true });
      if ((await readdir(directory)).length === 0) await rmdir(directory);
    }
  });
});
