import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, SLEEP, script, sleeper } from './manifests.js';
import { hasPhase, isRunning, startNode, type TestNode, waitingFor } from './node.js';

const SIGNAL = { signal: new AbortController().signal };
let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node?.[Symbol.asyncDispose]());

const manifestState = async (file: string) => (await node.api.listManifests(SIGNAL)).find(({ path }) => path.endsWith(`/${file}`));

describe('a manifest in the directory', () => {
  it('runs, is replaced when it changes, keeps running when it breaks, and ends when it goes', async () => {
    await node.drop('web.yaml', sleeper('web'));
    const first = await node.pod('web', isRunning);

    await node.drop('web.yaml', sleeper('web', { env: [{ name: 'VERSION', value: '2' }] }));
    const second = await node.pod('web', (pod) => isRunning(pod) && pod.metadata.uid !== first.metadata.uid);
    const container = (await node.running()).get('web/app');

    await node.drop('web.yaml', 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec: [\n');
    const stale = await waitFor(
      async () => ((await manifestState('web.yaml'))?.state === 'stale' ? manifestState('web.yaml') : undefined),
      { what: 'stale manifest' },
    );
    expect(stale?.issues?.[0]).toMatchObject({ severity: 'error', line: expect.any(Number), column: expect.any(Number) });
    expect((await node.running()).get('web/app')).toBe(container);

    await node.drop('web.yaml', sleeper('web', { env: [{ name: 'VERSION', value: '2' }] }));
    await waitFor(async () => (await manifestState('web.yaml'))?.state === 'accepted', { what: 'mended manifest' });
    expect((await node.pod('web', isRunning)).metadata.uid).toBe(second.metadata.uid);
    expect((await node.running()).get('web/app')).toBe(container);

    await node.remove('web.yaml');
    await node.gone('web');
    expect([...(await node.running()).keys()].filter((key) => key.startsWith('web/'))).toEqual([]);
  });

  it.each([
    ['empty.yaml', ''],
    ['binary.yaml', Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 7) % 256)).toString('latin1')],
    [
      'bomb.yaml',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((letter, index) => `${letter}: &${letter} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(',')}]`)
        .join('\n')}\n`,
    ],
    ['deployment.yaml', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n'],
    ['nameless.yaml', 'apiVersion: v1\nkind: Pod\nmetadata: {}\nspec: {containers: [{name: a, image: b}]}\n'],
    ['large.yaml', `# ${'x'.repeat(11 << 20)}\n`],
  ])('that is bad (%s) is reported and disturbs nobody', async (file, content) => {
    await node.drop('good.yaml', sleeper('good'));
    await node.pod('good', isRunning);
    const container = (await node.running()).get('good/app');
    await node.drop(file, content);
    const state = await waitFor(
      async () => {
        const found = await manifestState(file);
        return found?.state === 'rejected' ? found : undefined;
      },
      { what: `rejection of ${file}` },
    );
    expect(state.issues?.length || state.message).toBeTruthy();
    expect((await node.running()).get('good/app')).toBe(container);
    await node.remove(file);
    await waitFor(async () => (await manifestState(file)) === undefined, { what: `${file} to be forgotten` });
  });

  it('that claims a pod of another file is shadowed until the other goes', async () => {
    await node.drop('one.yaml', sleeper('claimed'));
    const first = await node.pod('claimed', isRunning);
    await node.drop('two.yaml', sleeper('claimed', { env: [{ name: 'FROM', value: 'two' }] }));
    await waitFor(async () => (await manifestState('two.yaml'))?.state === 'shadowed', { what: 'shadowed manifest' });
    expect((await node.pod('claimed', isRunning)).metadata.uid).toBe(first.metadata.uid);
    await node.remove('one.yaml');
    await node.pod('claimed', (pod) => isRunning(pod) && pod.metadata.uid !== first.metadata.uid);
    await node.remove('two.yaml');
    await node.gone('claimed');
  });

  it('with several documents runs them all', async () => {
    const text = [sleeper('part-one'), sleeper('part-two')].map((one) => JSON.stringify(one)).join('\n---\n');
    await node.drop('both.yaml', `---\n${text}\n`);
    await node.pod('part-one', isRunning);
    await node.pod('part-two', isRunning);
    await node.remove('both.yaml');
    await node.gone('part-one');
    await node.gone('part-two');
  });

  it('is not read while an editor has a backup or a temporary file beside it', async () => {
    for (const name of ['.hidden.yaml', 'web.yaml~', 'web.yaml.swp', 'web.yaml.bak']) {
      await writeFile(join(node.bed.manifestDirectory, name), JSON.stringify(sleeper('rogue')));
    }
    await node.drop('good.yaml', sleeper('good', { env: [{ name: 'AFTER', value: 'backup files' }] }));
    await node.pod('good', (pod) => isRunning(pod) && pod.spec.containers[0]?.env?.[0]?.name === 'AFTER');
    expect((await node.pods()).some(({ metadata }) => metadata.name?.startsWith('rogue'))).toBe(false);
    for (const name of ['.hidden.yaml', 'web.yaml~', 'web.yaml.swp', 'web.yaml.bak', 'good.yaml']) await node.remove(name);
    await node.gone('good');
  });
});

describe('the life of a pod', () => {
  it('starts init containers in order, then containers, and shares a volume', async () => {
    const mount = { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] };
    await node.drop(
      'init.yaml',
      podManifest('init', {
        volumes: [{ name: 'shared', emptyDir: {} }],
        initContainers: [script('first', 'echo first >> /shared/order', mount), script('second', 'echo second >> /shared/order', mount)],
        containers: [script('app', `echo app >> /shared/order; cat /shared/order; ${SLEEP}`, mount)],
      }),
    );
    const pod = await node.pod('init', isRunning);
    expect(pod.status?.initContainerStatuses).toMatchObject([
      { name: 'first', ready: true, state: { terminated: { exitCode: 0, reason: 'Completed' } } },
      { name: 'second', ready: true, state: { terminated: { exitCode: 0, reason: 'Completed' } } },
    ]);
    const target = { namespace: 'default', pod: pod.metadata.name ?? '', container: 'app' };
    const log = async (): Promise<string> => {
      const chunks: Buffer[] = [];
      for await (const chunk of node.api.readLog(target, {}, SIGNAL)) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    };
    expect(await waitFor(async () => ((await log()).endsWith('app\n') ? log() : undefined), { what: 'log of app' })).toBe(
      'first\nsecond\napp\n',
    );
    await node.remove('init.yaml');
    await node.gone('init');
  });

  it('restarts a crash at once, then backs off, and a touch of the manifest or a restart by hand ends the wait', async () => {
    await node.drop('crash.yaml', podManifest('crash', { containers: [script('app', 'exit 3')] }));
    const waiting = await node.pod('crash', waitingFor('CrashLoopBackOff'));
    const [first, second] = await node.containerStatuses('crash');
    expect(first?.exitCode ?? second?.exitCode).toBe(3);
    expect(waiting.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 3, reason: 'Error' } },
    });
    await node.api.restartPod({ namespace: 'default', pod: waiting.metadata.name ?? '' }, SIGNAL);
    await node.pod('crash', (pod) => (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 2, 5_000);
    await node.remove('crash.yaml');
    await node.gone('crash');
  });

  it('runs a pod that ends once, and says how it ended', async () => {
    await node.drop('once.yaml', podManifest('once', { restartPolicy: 'Never', containers: [script('app', 'exit 0')] }));
    await node.drop('fails.yaml', podManifest('fails', { restartPolicy: 'Never', containers: [script('app', 'exit 9')] }));
    expect((await node.pod('once', hasPhase('Succeeded'))).status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 0,
      state: { terminated: { exitCode: 0 } },
    });
    expect((await node.pod('fails', hasPhase('Failed'))).status?.containerStatuses?.[0]).toMatchObject({
      state: { terminated: { exitCode: 9 } },
    });
    await node.remove('once.yaml');
    await node.remove('fails.yaml');
    await node.gone('once');
    await node.gone('fails');
  });

  it('tells that an image cannot be had, and other pods start all the same', async () => {
    await node.drop('missing.yaml', podManifest('missing', { containers: [{ name: 'app', image: 'localhost/no/such:image' }] }));
    await node.drop(
      'never.yaml',
      podManifest('never', { containers: [{ name: 'app', image: 'localhost/no/such:image', imagePullPolicy: 'Never' }] }),
    );
    await node.drop('fine.yaml', sleeper('fine'));
    await node.pod('fine', isRunning);
    await node.pod('never', waitingFor('ErrImageNeverPull'));
    const pod = await node.pod('missing', (one) => waitingFor('ErrImagePull')(one) || waitingFor('ImagePullBackOff')(one));
    expect(pod.status?.phase).toBe('Pending');
    for (const file of ['missing.yaml', 'never.yaml', 'fine.yaml']) await node.remove(file);
    for (const name of ['missing', 'never', 'fine']) await node.gone(name);
  });

  it('gives a stop the grace period, and no more', async () => {
    await node.drop(
      'stubborn.yaml',
      podManifest('stubborn', {
        terminationGracePeriodSeconds: 3,
        containers: [script('app', 'trap "" TERM; while :; do sleep 0.1; done')],
      }),
    );
    await node.pod('stubborn', isRunning);
    const started = performance.now();
    await node.remove('stubborn.yaml');
    await waitFor(async () => ((await node.running()).has('stubborn/app') ? undefined : true), { what: 'end of stubborn' });
    const seconds = (performance.now() - started) / 1_000;
    expect(seconds).toBeGreaterThanOrEqual(3);
    expect(seconds).toBeLessThan(6);
    await node.gone('stubborn');
  });

  it('maps a hostPort, limits memory and serves real pages with nginx', async () => {
    await node.drop(
      'nginx.yaml',
      podManifest('nginx', {
        containers: [
          {
            name: 'nginx',
            image: imageNames.nginx,
            ports: [{ containerPort: 80, hostPort: 39_180, hostIP: '127.0.0.1' }],
            resources: { limits: { cpu: '200m', memory: '100Mi' } },
          },
        ],
      }),
    );
    await node.pod('nginx', isRunning);
    expect(await waitFor(async () => (await fetch('http://127.0.0.1:39180/')).status, { what: 'nginx on its hostPort' })).toBe(200);
    const [status] = await node.containerStatuses('nginx');
    expect(status?.resources?.linux?.memoryLimitInBytes ?? 104_857_600n).toBe(104_857_600n);
    await node.remove('nginx.yaml');
    await node.gone('nginx');
  });
});
