import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode, waitingFor } from '../kubelet/node.js';
import { REGISTRY_PASSWORD, REGISTRY_USER, startRegistry, type TestRegistry } from './registry.js';
import { dropAll, removeAll, STAY, statusOf } from './watching.js';

// An image that a Secret has brought is no other Pod's: containerd, Debian's docker-registry behind a password, and kubelets that stop half-way.

let node: TestNode;
let registry: TestRegistry;
/** Laid over the testbed's with every start. */
const config: Record<string, unknown> = {};

const pod = (name: string, image: string, { secret, pullPolicy = 'IfNotPresent' }: { secret?: string; pullPolicy?: string } = {}): object =>
  podManifest(name, {
    ...(secret === undefined ? {} : { imagePullSecrets: [{ name: secret }] }),
    containers: [{ name: 'app', image, imagePullPolicy: pullPolicy, command: ['sh', '-c', STAY] }],
  });

const secretOf = (name: string, password: string): object => {
  const auth = Buffer.from(`${REGISTRY_USER}:${password}`).toString('base64');
  const config = JSON.stringify({ auths: { [registry.host]: { auth } } });
  const data = { '.dockerconfigjson': Buffer.from(config).toString('base64') };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'kubernetes.io/dockerconfigjson', data };
};

/** Puts an image into the registry, and takes its name off the machine. */
const push = async (name: string): Promise<string> => {
  const image = `${registry.host}/${name}`;
  const { containerd } = node.bed;
  await containerd.ctr(['images', 'tag', imageNames.busybox, image]);
  await containerd.ctr(['images', 'push', '--plain-http', '--user', `${REGISTRY_USER}:${REGISTRY_PASSWORD}`, image]);
  await containerd.ctr(['images', 'remove', image]);
  return image;
};

const records = async (folder: string): Promise<readonly Record<string, unknown>[]> => {
  const directory = join(node.bed.rootDirectory, 'image_manager', folder);
  const names = await readdir(directory).catch(() => []);
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(directory, name), 'utf8'))));
};
const messageOf = (shown: Pod): string => statusOf(shown).state?.waiting?.message ?? '';
const runs = async (manifest: object): Promise<void> => {
  await dropAll(node, manifest);
  await node.pod((manifest as Pod).metadata.name ?? '', isRunning);
};
const isKept = async (manifest: object, reason: string, message: RegExp): Promise<void> => {
  await dropAll(node, manifest);
  expect(messageOf(await node.pod((manifest as Pod).metadata.name ?? '', waitingFor(reason)))).toMatch(message);
};

beforeAll(async () => {
  node = await startNode({ config });
  registry = await startRegistry(join(node.bed.directory, 'registry'), { login: true });
  await node.drop('login.json', JSON.stringify(secretOf('login', REGISTRY_PASSWORD)));
  await node.drop('wrong.json', JSON.stringify(secretOf('wrong', 'let me out')));
});
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  await node?.[Symbol.asyncDispose]();
});

describe('an image that a Secret has brought', () => {
  it('is run for Pods that bring it, also when its content has changed since, and for no other; a restart changes nothing', async () => {
    const image = await push('secret/app:1');
    await runs(pod('owner', image, { secret: 'login' }));
    const others = async (): Promise<void> => {
      await isKept(pod('stranger', image), 'ErrImagePull', /authorization failed|no basic auth credentials|401/i);
      await isKept(pod('guesser', image, { secret: 'wrong' }), 'ErrImagePull', /authorization failed|401/i);
      await isKept(pod('quiet', image, { pullPolicy: 'Never' }), 'ErrImageNeverPull', /is not present with pull policy of Never$/);
      await runs(pod('friend', image, { secret: 'login' }));
      await runs(pod('patient', image, { secret: 'login', pullPolicy: 'Never' }));
      expect((await node.event('friend', 'Pulled')).message).toBe(
        `Container image "${image}" already present on machine and can be accessed by the pod`,
      );
      await removeAll(node, 'stranger', 'guesser', 'quiet', 'friend', 'patient');
    };
    await others();
    await node.restartKubelet('SIGKILL');
    await node.pod('owner', isRunning);
    await others();
    const [before] = await records('pulled');
    expect(before).toMatchObject({
      kind: 'ImagePulledRecord',
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      credentialMapping: { [image.replace(/:1$/, '')]: { kubernetesSecrets: [{ namespace: 'default', name: 'login' }] } },
    });
    expect(JSON.stringify(before)).not.toContain(REGISTRY_PASSWORD);
    await node.drop('login.json', JSON.stringify(secretOf('login', 'new since')));
    await waitFor(
      async () => {
        await runs(pod('later', image, { secret: 'login' }));
        const [after] = await records('pulled');
        if (JSON.stringify(after) !== JSON.stringify(before)) return true;
        await removeAll(node, 'later');
        return undefined;
      },
      { what: 'a record of the new content' },
    );
    await node.drop('login.json', JSON.stringify(secretOf('login', REGISTRY_PASSWORD)));
    await removeAll(node, 'owner', 'later');
  });

  it('takes nothing from the same image under a name that was there before', async () => {
    await runs(pod('plain', imageNames.busybox));
    await runs(pod('plain-never', imageNames.busybox, { pullPolicy: 'Never' }));
    await removeAll(node, 'plain', 'plain-never');
  });

  it('that was there before, without any pull, stays every Pod’s', async () => {
    const image = await push('preloaded/app:1');
    await node.bed.containerd.ctr(['images', 'tag', imageNames.busybox, image]);
    await runs(pod('before', image));
    await dropAll(node, pod('always', image, { pullPolicy: 'Always' }));
    await node.pod('always', waitingFor('ErrImagePull'));
    await runs(pod('while', image, { pullPolicy: 'Never' }));
    await runs(pod('owner', image, { secret: 'login', pullPolicy: 'Always' }));
    await runs(pod('after', image));
    await removeAll(node, 'before', 'always', 'while', 'owner', 'after');
  });
});

describe('a kubelet that ends in a pull', () => {
  it('leaves its intent, and the next one nothing of it', async () => {
    const image = await push('slow/app:1');
    registry.hold(/slow\/app\/manifests/);
    await dropAll(node, pod('slow', image, { secret: 'login' }));
    await waitFor(async () => ((await records('pulling')).length === 1 ? true : undefined), { what: 'an intent' });
    expect(await records('pulling')).toEqual([{ kind: 'ImagePullIntent', apiVersion: 'kubelet.config.k8s.io/v1beta1', image }]);
    await node.restartKubelet('SIGKILL', async () => registry.letGo());
    await node.pod('slow', isRunning);
    expect(await records('pulling')).toEqual([]);
    await isKept(pod('stranger', image), 'ErrImagePull', /./);
    await removeAll(node, 'slow', 'stranger');
  });
});

describe('a node that verifies all images', () => {
  it('gives what came without a pull to those only whom the registry knows, but for what is listed', async () => {
    const image = await push('strict/app:1');
    const listed = await push('listed/app:1');
    for (const each of [image, listed]) await node.bed.containerd.ctr(['images', 'tag', imageNames.busybox, each]);
    const restartWith = (fields: object): Promise<void> => node.restartKubelet('SIGTERM', async () => void Object.assign(config, fields));
    await restartWith({ imagePullCredentialsVerificationPolicy: 'AlwaysVerify' });
    await isKept(pod('stranger', image), 'ErrImagePull', /./);
    await runs(pod('owner', image, { secret: 'login' }));
    await removeAll(node, 'stranger', 'owner');
    await restartWith({
      imagePullCredentialsVerificationPolicy: 'NeverVerifyAllowlistedImages',
      preloadedImagesVerificationAllowlist: [`${registry.host}/listed/*`],
    });
    await isKept(pod('stranger', image), 'ErrImagePull', /./);
    await runs(pod('free', listed));
    await removeAll(node, 'stranger', 'free');
    await restartWith({ imagePullCredentialsVerificationPolicy: 'NeverVerify', preloadedImagesVerificationAllowlist: [] });
    await runs(pod('anybody', image));
    await removeAll(node, 'anybody');
  });
});
