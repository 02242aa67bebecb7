import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageNames } from '@solo-kubelet-tools/images';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode, waitingFor } from '../kubelet/node.js';
import { REGISTRY_PASSWORD, REGISTRY_USER, startRegistry, type TestRegistry } from './registry.js';
import { dropAll, removeAll, STAY, statusOf } from './watching.js';

// What docs/registry-mirrors.md says of containerd, tried: images of registries that this machine can't reach, from docker-registry beside it.

let node: TestNode;
let mirror: TestRegistry;
let locked: TestRegistry;
const credentials = `${REGISTRY_USER}:${REGISTRY_PASSWORD}`;

const pod = (name: string, image: string): object =>
  podManifest(name, { containers: [{ name: 'app', image, command: ['sh', '-c', STAY] }] });

/** Puts an image into a mirror, and takes its name off the machine. */
const push = async (to: TestRegistry, name: string): Promise<void> => {
  const login = to === locked ? ['--user', credentials] : [];
  const image = `${to.host}/${name}`;
  const { containerd } = node.bed;
  await containerd.ctr(['images', 'tag', imageNames.busybox, image]);
  await containerd.ctr(['images', 'push', '--plain-http', ...login, image]);
  await containerd.ctr(['images', 'remove', image]);
};

/** containerd reads such a file with every pull. */
const hosts = async (registry: string, text: string): Promise<void> => {
  const directory = join(node.bed.directory, 'node/certs.d', registry);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'hosts.toml'), text);
};
const mirroredBy = (host: string, server?: string): string =>
  `${server === undefined ? '' : `server = "${server}"\n\n`}[host."http://${host}"]\n  capabilities = ["pull", "resolve"]\n`;

beforeAll(async () => {
  node = await startNode();
  mirror = await startRegistry(join(node.bed.directory, 'registry'));
  locked = await startRegistry(join(node.bed.directory, 'locked-registry'), { login: true });
});
afterAll(async () => {
  await mirror?.[Symbol.asyncDispose]();
  await locked?.[Symbol.asyncDispose]();
  await node?.[Symbol.asyncDispose]();
});

describe('a mirror in certs.d', () => {
  it('gives the images of a registry that is out of reach, and needs no restart', async () => {
    await push(mirror, 'fleet/web:1');
    await dropAll(node, pod('before', 'registry.invalid/fleet/web:1'));
    expect(statusOf(await node.pod('before', waitingFor('ErrImagePull'))).state?.waiting?.message).toMatch(
      /registry\.invalid.*no such host|lookup registry\.invalid/,
    );
    await hosts('registry.invalid', mirroredBy(mirror.host, 'https://registry.invalid'));
    await dropAll(node, pod('mirrored', 'registry.invalid/fleet/web:1'));
    await node.pod('mirrored', isRunning);
    await removeAll(node, 'before', 'mirrored');
  });

  it('of all registries is _default', async () => {
    await push(mirror, 'team/app:1');
    await hosts('_default', mirroredBy(mirror.host));
    await dropAll(node, pod('any', 'other.invalid/team/app:1'));
    await node.pod('any', isRunning);
    await removeAll(node, 'any');
  });

  it('is shown the credentials of the registry that it is for', async () => {
    await push(locked, 'secret/app:1');
    await hosts('locked.invalid', mirroredBy(locked.host, 'https://locked.invalid'));
    await dropAll(node, pod('stranger', 'locked.invalid/secret/app:1'));
    await node.pod('stranger', waitingFor('ErrImagePull'));
    const auth = Buffer.from(credentials).toString('base64');
    await node.restartKubelet('SIGTERM', () =>
      writeFile(join(node.bed.rootDirectory, 'config.json'), JSON.stringify({ auths: { 'locked.invalid': { auth } } })),
    );
    await dropAll(node, pod('friend', 'locked.invalid/secret/app:1'));
    await node.pod('friend', isRunning);
    await removeAll(node, 'stranger', 'friend');
  });
});
