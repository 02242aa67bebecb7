import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode, waitingFor } from '../kubelet/node.js';
import { REGISTRY_PASSWORD, REGISTRY_USER, startRegistry, type TestRegistry } from './registry.js';
import { dropAll, eventOf, eventsOf, removeAll, STAY, statusOf } from './watching.js';

const run = promisify(execFile);
let node: TestNode;
let registry: TestRegistry;
let locked: TestRegistry;
const credentials = `${REGISTRY_USER}:${REGISTRY_PASSWORD}`;

const pod = (name: string, image: string, more: object = {}): object =>
  podManifest(name, { containers: [{ name: 'app', image, command: ['sh', '-c', STAY], ...more }] });

/** Puts an image into a registry under a name of its own, and takes that name off the machine. */
const push = async (to: TestRegistry, name: string, from: string = imageNames.busybox): Promise<string> => {
  const login = to === locked ? ['--user', credentials] : [];
  const image = `${to.host}/${name}`;
  const { containerd } = node.bed;
  await containerd.ctr(['images', 'tag', from, image]);
  await containerd.ctr(['images', 'push', '--plain-http', ...login, image]);
  await containerd.ctr(['images', 'remove', image]);
  return image;
};

beforeAll(async () => {
  node = await startNode({ config: { serializeImagePulls: false, maxParallelImagePulls: 2 } });
  registry = await startRegistry(join(node.bed.directory, 'registry'));
  locked = await startRegistry(join(node.bed.directory, 'locked-registry'), { login: true });
});
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  await locked?.[Symbol.asyncDispose]();
  await node?.[Symbol.asyncDispose]();
});

describe('an image', () => {
  it('is pulled when it is not there, and what came is told', async () => {
    const image = await push(registry, 'team/app:1');
    await dropAll(node, pod('pulled', image));
    const status = statusOf(await node.pod('pulled', isRunning));
    expect(status).toMatchObject({ image, imageID: expect.stringMatching(/@sha256:[0-9a-f]{64}$/) });
    expect((await eventOf(node, 'pulled', 'Pulling')).message).toBe(`Pulling image "${image}"`);
    expect((await eventOf(node, 'pulled', 'Pulled')).message).toMatch(
      new RegExp(`^Successfully pulled image "${image}" in \\S+ \\(\\S+ including waiting\\)\\. Image size: [1-9]\\d+ bytes\\.$`),
    );
    const byDigest = `${image.replace(/:1$/, '')}@${status.imageID.split('@')[1]}`;
    await dropAll(node, pod('digest', byDigest));
    expect(statusOf(await node.pod('digest', isRunning)).imageID).toBe(status.imageID);
    await removeAll(node, 'pulled', 'digest');
  });

  it('that does not exist is told of, tried again with growing pauses, and run once it does', async () => {
    const image = `${registry.host}/team/late:1`;
    await dropAll(node, pod('late', image), pod('bad-name', 'Not A Name'));
    const failed = await node.pod('late', waitingFor('ErrImagePull'));
    expect(statusOf(failed).state?.waiting?.message).toMatch(/^failed to pull.*not found/);
    expect(await eventOf(node, 'late', 'Failed', new RegExp(`^Failed to pull image "${image}": .*not found`))).toMatchObject({
      type: 'Warning',
    });
    const waiting = await node.pod('late', waitingFor('ImagePullBackOff'));
    expect(statusOf(waiting).state?.waiting?.message).toMatch(new RegExp(`^Back-off pulling image "${image}": ErrImagePull: `));
    expect(await eventOf(node, 'late', 'BackOff')).toMatchObject({ type: 'Normal', message: `Back-off pulling image "${image}"` });
    await node.pod('bad-name', waitingFor('InvalidImageName'));
    await eventOf(node, 'bad-name', 'InspectFailed', /^Failed to apply default image tag "Not A Name": /);
    await push(registry, 'team/late:1');
    await node.api.restartPod({ namespace: 'default', pod: 'late-node1' }, { signal: new AbortController().signal });
    await node.pod('late', isRunning, 8_000);
    await removeAll(node, 'late', 'bad-name');
  });

  it('is pulled beside another one, but never more of them at once than allowed', async () => {
    const images = await Promise.all(['one', 'two', 'three'].map((name) => push(registry, `many/${name}:1`)));
    registry.hold(/^\/v2\/many\/.*\/manifests\//);
    await dropAll(node, ...images.map((image, index) => pod(`many-${index}`, image)));
    await waitFor(async () => registry.held() === 2, { what: 'two pulls at once' });
    const pulling = async () =>
      (await Promise.all(images.map((_, index) => eventsOf(node, `many-${index}`)))).flat().filter(({ reason }) => reason === 'Pulling')
        .length;
    await waitFor(async () => (await pulling()) === 2, { what: 'two Pulling events' });
    await dropAll(node, pod('beside', imageNames.busybox));
    await node.pod('beside', isRunning);
    expect([registry.held(), await pulling()]).toEqual([2, 2]);
    registry.letGo();
    for (const index of images.keys()) await node.pod(`many-${index}`, isRunning);
    await removeAll(node, 'beside', 'many-0', 'many-1', 'many-2');
  });

  it('on its way does not keep a pod from going', async () => {
    const image = await push(registry, 'stuck/app:1');
    registry.hold(/^\/v2\/stuck\//);
    await dropAll(node, pod('stuck', image));
    await waitFor(async () => registry.held() > 0, { what: 'the pull' });
    await removeAll(node, 'stuck');
    await waitFor(async () => registry.held() === 0, { what: 'the end of the pull' });
    registry.letGo();
  });
});

describe('a registry that wants to know who asks', () => {
  it('gives nothing to a stranger', async () => {
    const image = await push(locked, 'secret/app:1');
    await dropAll(node, pod('stranger', image));
    const failed = await node.pod('stranger', waitingFor('ErrImagePull'));
    expect(statusOf(failed).state?.waiting?.message).toMatch(/401 Unauthorized$/);
    await removeAll(node, 'stranger');
  });

  it('is told by the config.json in the root directory, and nobody else is', async () => {
    const image = await push(locked, 'secret/other:1');
    const auth = Buffer.from(credentials).toString('base64');
    await node.restartKubelet('SIGTERM', () =>
      writeFile(join(node.bed.rootDirectory, 'config.json'), JSON.stringify({ auths: { [locked.host]: { auth } } })),
    );
    await dropAll(node, pod('friend', image));
    await node.pod('friend', isRunning);
    expect(node.kubelet().log()).not.toMatch(new RegExp(`${REGISTRY_PASSWORD}|${auth}`));
    await removeAll(node, 'friend');
  });
});

it('a disk that is full during a pull is told of, and the pod runs once there is room', async () => {
  const image = await push(registry, 'large/nginx:1', imageNames.nginx);
  const { cri, containerd } = node.bed;
  const { image: local } = await cri.images.imageStatus({ image: { image: imageNames.nginx } });
  // Nothing of its layers may be on the machine, under whatever name.
  for (const name of [imageNames.nginx, imageNames.proxy]) await cri.images.removeImage({ image: { image: name } });
  await waitFor(async () => !(await containerd.ctr(['content', 'list', '-q'])).includes(local?.id ?? ''), { what: 'end of its content' });
  const store = join(node.bed.directory, 'node/containerd/io.containerd.content.v1.content');
  const disk = join(node.bed.directory, 'small-disk');
  await mkdir(disk);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', disk]);
  await run('cp', ['-a', `${store}/.`, disk]);
  const used = Number((await run('df', ['--output=used', disk])).stdout.trim().split('\n').at(-1));
  await run('mount', ['-o', `remount,size=${used + 64}k`, disk]);
  await run('mount', ['--move', disk, store]);
  try {
    await dropAll(node, pod('full', image));
    const failed = await node.pod('full', waitingFor('ErrImagePull'));
    expect(statusOf(failed).state?.waiting?.message).toContain('no space left on device');
    await run('mount', ['-o', 'remount,size=256m', store]);
    await node.pod('full', isRunning, 30_000);
    await removeAll(node, 'full');
  } finally {
    await run('umount', ['-l', store]);
  }
});
