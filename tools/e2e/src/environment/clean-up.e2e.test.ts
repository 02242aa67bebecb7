import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { dropAll, STAY } from './looking.js';

const run = promisify(execFile);
const mount = (name: string, mountPath: string, more: object = {}) => ({ name, mountPath, ...more });

let node: TestNode;
let hostDirectory: string;
beforeAll(async () => {
  node = await startNode();
  hostDirectory = await mkdtemp(join(node.bed.directory, 'host-'));
});
afterAll(() => node?.[Symbol.asyncDispose]());

/** A pod with everything that leaves something behind: directories, tmpfs, bind mounts, data of the host, links in and out. */
const everything = async (name: string): Promise<object> => {
  const data = join(hostDirectory, name);
  await mkdir(join(data, 'sub'), { recursive: true });
  await writeFile(join(data, 'sub/precious'), 'precious');
  const volumes = [
    { name: 'disk', emptyDir: {} },
    { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
    { name: 'about', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
    { name: 'data', hostPath: { path: data } },
  ];
  const volumeMounts = [
    mount('disk', '/disk', { mountPropagation: 'Bidirectional' }),
    mount('memory', '/memory'),
    mount('about', '/about'),
    mount('data', '/data'),
    mount('data', '/sub', { subPath: 'sub' }),
    mount('disk', '/part', { subPath: 'part' }),
    mount('data', '/one-file', { subPath: 'sub/precious' }),
  ];
  const fill = `
    mkdir -p /disk/deep/er /disk/inner && ln -s /data /disk/link && ln -s / /disk/root && echo x > /memory/file
    mount -t tmpfs -o size=64k inner /disk/inner && echo x > /disk/inner/file
    mkdir /disk/bound && mount --bind /data /disk/bound
    touch "/disk/$(printf 'odd\\nname\\377')" && chmod 0 /disk/deep
    touch /disk/ready`;
  return podManifest(name, {
    volumes,
    containers: [script('app', `${fill}\n${STAY}`, { volumeMounts, securityContext: { privileged: true } })],
  });
};

const filled = async (name: string): Promise<string> => {
  const { metadata } = await node.pod(name, isRunning);
  await waitFor(async () => (await node.exec(name, 'ls /disk/ready')) === '/disk/ready\n', { what: `${name} to fill its volumes` });
  return metadata.uid ?? '';
};

const mountsBelow = async (path: string): Promise<readonly string[]> =>
  (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? [])
    .filter((point) => point.startsWith(`${path}/`));

const podCgroups = async (uid: string): Promise<readonly string[]> => {
  const { stdout } = await run('find', ['/sys/fs/cgroup', '-maxdepth', '6', '-name', `pod${uid}*`]);
  return stdout.split('\n').filter((line) => line !== '');
};

/** What of a pod is on the machine: nothing, once it has gone. */
const remains = async (name: string, uid: string): Promise<readonly string[]> => {
  const { bed } = node;
  const [directories, logs, mounts, cgroups, sandboxes] = await Promise.all([
    readdir(join(bed.rootDirectory, 'pods')),
    readdir(bed.podLogsDirectory),
    mountsBelow(join(bed.rootDirectory, 'pods', uid)),
    podCgroups(uid),
    bed.cri.runtime.listPodSandbox({ filter: { labelSelector: { 'io.kubernetes.pod.uid': uid } } }),
  ]);
  return [
    ...directories.filter((one) => one === uid),
    ...logs.filter((one) => one.includes(`_${name}-`)),
    ...mounts,
    ...cgroups,
    ...sandboxes.items.map(({ id }) => id),
  ];
};

const nothingLeft = (name: string, uid: string): Promise<unknown> =>
  waitFor(
    async () => {
      const left = await remains(name, uid);
      if (left.length > 0) throw new Error(`left of ${name}: ${left.join(', ')}`);
      return true;
    },
    { what: `the last of ${name}` },
  );

const preciousIsThere = async (name: string): Promise<void> =>
  expect(await readFile(join(hostDirectory, name, 'sub/precious'), 'utf8')).toBe('precious');

it('a pod that is removed leaves nothing, and what lies on the host stays', async () => {
  await dropAll(node, [await everything('tidy')]);
  const uid = await filled('tidy');
  expect((await remains('tidy', uid)).length).toBeGreaterThan(10);
  expect((await mountsBelow(join(node.bed.rootDirectory, 'pods', uid))).length).toBeGreaterThanOrEqual(7);
  await node.remove('tidy.json');
  await node.gone('tidy');
  await nothingLeft('tidy', uid);
  await preciousIsThere('tidy');
});

it('a pod whose manifest goes while the kubelet lies killed is cleaned up by the next one; its neighbour keeps its volumes', async () => {
  await dropAll(node, [await everything('killed'), await everything('kept')]);
  const uid = await filled('killed');
  const keptUid = await filled('kept');
  const kept = (await node.running()).get('kept/app');
  await node.restartKubelet('SIGKILL', () => node.remove('killed.json'));
  await nothingLeft('killed', uid);
  await preciousIsThere('killed');
  expect((await node.running()).get('kept/app')).toBe(kept);
  expect(await node.exec('kept', 'cat /memory/file /about/name')).toBe('x\nkept-node1');
  await node.remove('kept.json');
  await node.gone('kept');
  await nothingLeft('kept', keptUid);
  await preciousIsThere('kept');
});

it('a pod whose runtime records are gone as well is cleaned up', async () => {
  await dropAll(node, [await everything('forgotten')]);
  const uid = await filled('forgotten');
  await node.restartKubelet('SIGKILL', async () => {
    await node.remove('forgotten.json');
    const { items } = await node.bed.cri.runtime.listPodSandbox({ filter: { labelSelector: { 'io.kubernetes.pod.uid': uid } } });
    for (const { id: podSandboxId } of items) {
      await node.bed.cri.runtime.stopPodSandbox({ podSandboxId });
      await node.bed.cri.runtime.removePodSandbox({ podSandboxId });
    }
  });
  await nothingLeft('forgotten', uid);
  await preciousIsThere('forgotten');
});

it('a container that starts again finds its volumes as it left them, and no mount twice', async () => {
  const count = 'echo run >> /disk/runs; echo run >> /memory/runs; wc -l < /disk/runs; wc -l < /memory/runs';
  const volumes = [
    { name: 'disk', emptyDir: {} },
    { name: 'memory', emptyDir: { medium: 'Memory' } },
  ];
  const volumeMounts = [mount('disk', '/disk'), mount('memory', '/memory'), mount('disk', '/part', { subPath: 'part' })];
  await dropAll(node, [
    podManifest('again', {
      volumes,
      containers: [script('app', `${count}\n[ $(wc -l < /disk/runs) = 2 ] && { ${STAY}; }; exit 1`, { volumeMounts })],
    }),
  ]);
  const { metadata } = await node.pod(
    'again',
    ({ status }) => status?.containerStatuses?.[0]?.restartCount === 1 && status.containerStatuses[0].ready === true,
  );
  await waitFor(async () => (await node.log('again')) === '2\n2\n', { what: 'counts of the second run' });
  const mounts = await mountsBelow(join(node.bed.rootDirectory, 'pods', metadata.uid ?? ''));
  expect(mounts.length).toBe(new Set(mounts).size);
  await node.remove('again.json');
  await node.gone('again');
  await nothingLeft('again', metadata.uid ?? '');
});
