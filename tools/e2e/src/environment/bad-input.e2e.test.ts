import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ContainerStatus, Pod } from '@solo-kubelet/pod-spec';
import { imageNames } from '@solo-kubelet-tools/images';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { dropAll, STAY, sightOf, viewer } from './looking.js';

const run = promisify(execFile);
const mount = (name: string, mountPath: string, more: object = {}) => ({ name, mountPath, ...more });

let node: TestNode;
let hostDirectory: string;
let neighbour: string | undefined;
beforeAll(async () => {
  node = await startNode();
  hostDirectory = await mkdtemp(join(node.bed.directory, 'host-'));
  await dropAll(node, [podManifest('neighbour', { containers: [script('app', STAY)] })]);
  await node.pod('neighbour', isRunning);
  neighbour = (await node.running()).get('neighbour/app');
});
afterAll(() => node?.[Symbol.asyncDispose]());

const neighbourRunsOn = async (): Promise<void> => expect((await node.running()).get('neighbour/app')).toBe(neighbour);
const waitingState = ({ status }: Pod) => status?.containerStatuses?.[0]?.state?.waiting;
const waitsWith = (reason: string) => (pod: Pod) => waitingState(pod)?.reason === reason;
/** Once the cause is gone the pod starts by itself, within the longest wait between two tries. */
const startsByItself = (name: string): Promise<Pod> => node.pod(name, isRunning, 30_000);

describe('a volume that cannot be had', () => {
  it.each([
    ['missing-file', { type: 'File' }, 'is not a file', (path: string) => writeFile(path, 'here')],
    ['missing-directory', { type: 'Directory' }, 'is not a directory', (path: string) => mkdir(path)],
    ['missing-socket', { type: 'Socket' }, 'is not a socket file', undefined],
    ['missing-device', { type: 'CharDevice' }, 'is not a character device', undefined],
    ['missing-parent', { type: 'FileOrCreate' }, 'cannot create', undefined],
  ])('%s: the pod waits with the reason, and starts when it is there', async (name, type, message, mend) => {
    const path = name === 'missing-parent' ? join(hostDirectory, 'no/such/parent') : join(hostDirectory, name);
    const volumes = [{ name: 'host', hostPath: { path, ...type } }];
    await dropAll(node, [podManifest(name, { volumes, containers: [script('app', STAY, { volumeMounts: [mount('host', '/host')] })] })]);
    const event = await node.event(name, 'FailedMount');
    expect(event.message).toContain(`MountVolume.SetUp failed for volume "host" : hostPath type check failed:`);
    expect(event.message).toContain(message);
    const pod = await node.pod(name, ({ status }) => status?.phase === 'Pending');
    expect(waitingState(pod)?.reason).toBe('ContainerCreating');
    if (mend) {
      await mend(path);
      await startsByItself(name);
    }
    await node.remove(`${name}.json`);
    await node.gone(name);
    await neighbourRunsOn();
  });

  it("an nfs server that is not there: the pod waits with mount's own words, and can be taken away", async () => {
    const volumes = [{ name: 'share', nfs: { server: '127.0.0.1', path: '/no/such/export' } }];
    await dropAll(node, [
      podManifest('no-share', { volumes, containers: [script('app', STAY, { volumeMounts: [mount('share', '/share')] })] }),
    ]);
    const event = await node.event('no-share', 'FailedMount', 60_000);
    expect(event.message).toContain('MountVolume.SetUp failed for volume "share"');
    expect(event.message).toMatch(/nfs/);
    await neighbourRunsOn();
    await node.remove('no-share.json');
    await node.gone('no-share');
  });

  it('a file system that is full: the pod waits, and starts when there is room', async () => {
    const full = join(hostDirectory, 'full');
    await mkdir(full);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k,nr_inodes=3', 'full', full]);
    for (const file of ['one', 'two']) await writeFile(join(full, file), '');
    const volumes = [{ name: 'host', hostPath: { path: join(full, 'new'), type: 'DirectoryOrCreate' } }];
    await dropAll(node, [
      podManifest('no-room', { volumes, containers: [script('app', STAY, { volumeMounts: [mount('host', '/host')] })] }),
    ]);
    expect((await node.event('no-room', 'FailedMount')).message).toMatch(/no space left on device/i);
    await rm(join(full, 'one'));
    await startsByItself('no-room');
    await node.remove('no-room.json');
    await node.gone('no-room');
    await run('umount', [full]);
    await neighbourRunsOn();
  });

  it('a volume kind that needs an API server is refused with the manifest', async () => {
    await node.drop(
      'claims.yaml',
      podManifest('claims', {
        volumes: [{ name: 'data', csi: { driver: 'example.com' } }],
        containers: [script('app', STAY, { volumeMounts: [mount('data', '/data')] })],
      }),
    );
    await dropAll(node, [viewer('after-claims', { done: 'true' })]);
    await sightOf(node, 'after-claims');
    expect((await node.pods()).some(({ metadata }) => metadata.name?.startsWith('claims'))).toBe(false);
  });
});

describe('subPath', () => {
  it('makes what is missing, expands variables, and follows links that stay inside', async () => {
    const data = join(hostDirectory, 'data');
    await mkdir(join(data, 'real'), { recursive: true, mode: 0o755 });
    await writeFile(join(data, 'real/file'), 'the file\n');
    await symlink('real', join(data, 'link'));
    const env = [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }];
    const volumeMounts = [
      mount('data', '/file', { subPath: 'real/file' }),
      mount('data', '/linked', { subPath: 'link' }),
      mount('data', '/made', { subPath: 'made/below' }),
      mount('data', '/expanded', { subPathExpr: 'pods/$(POD)' }),
      mount('empty', '/inner', { subPath: 'inner' }),
    ];
    const volumes = [
      { name: 'data', hostPath: { path: data } },
      { name: 'empty', emptyDir: {} },
    ];
    const commands = {
      file: 'cat /file',
      linked: 'cat /linked/file',
      made: "stat -c '%a' /made /inner",
      write: 'echo here > /expanded/it && echo there > /made/it',
    };
    await dropAll(node, [viewer('sub-paths', commands, { volumes, container: { env, volumeMounts } })]);
    expect(await sightOf(node, 'sub-paths')).toMatchObject({ file: 'the file\n', linked: 'the file\n', made: '755\n777\n', write: '' });
    expect(await readdir(join(data, 'pods/sub-paths-node1'))).toEqual(['it']);
    expect(await readdir(join(data, 'made/below'))).toEqual(['it']);
  });

  it('through a link that leads out is refused in vague words, and shows nothing of the host', async () => {
    const hostile = join(hostDirectory, 'hostile');
    await mkdir(hostile);
    await symlink('/etc', join(hostile, 'etc'));
    const volumes = [{ name: 'data', hostPath: { path: hostile } }];
    const pod = (name: string, subPath: string) =>
      podManifest(name, { volumes, containers: [script('app', STAY, { volumeMounts: [mount('data', '/data', { subPath })] })] });
    await dropAll(node, [pod('hostile-read', 'etc/passwd'), pod('hostile-make', 'etc/made-by-a-pod')]);
    for (const name of ['hostile-read', 'hostile-make']) {
      const waiting = waitingState(await node.pod(name, waitsWith('CreateContainerConfigError')));
      expect(waiting?.message).toMatch(
        /failed to (prepare subPath for volumeMount "data"|create subPath directory for volumeMount "data")/,
      );
      expect(waiting?.message).not.toContain('/etc');
    }
    expect(await readdir('/etc')).not.toContain('made-by-a-pod');
    await rm(join(hostile, 'etc'));
    await mkdir(join(hostile, 'etc/passwd'), { recursive: true });
    await startsByItself('hostile-read');
    await neighbourRunsOn();
  });

  it('that a container swaps for a link again and again never leads out', async () => {
    const race = join(hostDirectory, 'race');
    await mkdir(join(race, 'inside'), { recursive: true });
    await writeFile(join(race, 'inside/mark'), 'inside');
    const volumes = [{ name: 'data', hostPath: { path: race } }];
    const swap = 'cd /data; ln -s /etc out; while :; do mv -T inside kept; ln -s /etc inside; rm inside; mv -T kept inside; done';
    const look = 'if [ -e /sub/passwd ]; then echo ESCAPED; else echo inside; fi';
    const victims = Array.from({ length: 8 }, (_, index) => `victim-${index}`);
    const containers = victims.map((name) => script(name, look, { volumeMounts: [mount('data', '/sub', { subPath: 'inside' })] }));
    const swapper = script('swapper', swap, { volumeMounts: [mount('data', '/data')] });
    await dropAll(node, [podManifest('race', { restartPolicy: 'Never', volumes, containers: [swapper, ...containers] })]);
    const settled = ({ state }: ContainerStatus): boolean =>
      state?.terminated !== undefined || state?.waiting?.reason === 'CreateContainerConfigError';
    await node.pod('race', ({ status }) =>
      victims.every((name) => status?.containerStatuses?.some((one) => one.name === name && settled(one))),
    );
    const logs = await Promise.all(victims.map((name) => node.log('race', name)));
    expect(logs.join('')).not.toContain('ESCAPED');
    await node.remove('race.json');
    await node.gone('race');
  });
});

describe('a container that may not run as it is', () => {
  const named = 'container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root';
  it.each([
    ['root-image', { runAsNonRoot: true }, imageNames.busybox, 'container has runAsNonRoot and image will run as root'],
    ['root-user', { runAsNonRoot: true, runAsUser: 0 }, imageNames.userNumber, "container's runAsUser breaks non-root policy"],
    ['named-user', { runAsNonRoot: true }, imageNames.userName, named],
  ])('%s waits with CreateContainerConfigError', async (name, securityContext, image, message) => {
    await dropAll(node, [podManifest(name, { containers: [script('app', STAY, { securityContext, image })] })]);
    expect(waitingState(await node.pod(name, waitsWith('CreateContainerConfigError')))?.message).toContain(message);
    await neighbourRunsOn();
  });

  it('a seccomp profile that is not there: it waits with the reason, and starts when the profile comes', async () => {
    const securityContext = { seccompProfile: { type: 'Localhost', localhostProfile: 'late.json' } };
    await dropAll(node, [podManifest('late-profile', { containers: [script('app', STAY, { securityContext })] })]);
    const waiting = waitingState(
      await node.pod('late-profile', (pod) => /^CreateContainerError|RunContainerError$/.test(waitingState(pod)?.reason ?? '')),
    );
    expect(waiting?.message).toContain('late.json');
    const profiles = join(node.bed.rootDirectory, 'seccomp');
    await mkdir(profiles, { recursive: true });
    await writeFile(join(profiles, 'late.json'), JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW' }));
    await startsByItself('late-profile');
  });

  it('a variable whose subPathExpr is empty: it waits with the reason', async () => {
    const volumeMounts = [mount('data', '/data', { subPathExpr: '$(NOTHING)/x' })];
    await dropAll(node, [
      podManifest('no-variable', { volumes: [{ name: 'data', emptyDir: {} }], containers: [script('app', STAY, { volumeMounts })] }),
    ]);
    expect(waitingState(await node.pod('no-variable', waitsWith('CreateContainerConfigError')))?.message).toContain('NOTHING');
  });

  it('a user namespace that the runtime cannot make: the pod waits with the reason', async () => {
    await dropAll(node, [podManifest('own-users', { hostUsers: false, containers: [script('app', STAY)] })]);
    expect((await node.event('own-users', 'FailedCreatePodSandBox')).message).toContain(
      "can't set `spec.hostUsers: false`, runtime does not support user namespaces",
    );
    await neighbourRunsOn();
  });
});
