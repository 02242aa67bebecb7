import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STAY } from '../environment/looking.js';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';

const configMap = (name: string, data: Readonly<Record<string, string>>): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});
const secret = (name: string, stringData: Readonly<Record<string, string>>): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData,
});
const list = (...items: readonly object[]): object => ({ apiVersion: 'v1', kind: 'List', items });

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node?.[Symbol.asyncDispose]());

/** What a command in a container prints, once it prints what is waited for. */
const prints = (pod: string, command: string, wanted: string): Promise<string> =>
  waitFor(
    async () => {
      const text = (await node.exec(pod, command).catch(() => '')).trim();
      return text === wanted ? text : undefined;
    },
    { what: `"${wanted}" from "${command}" in ${pod}` },
  );

const waiting = (pod: string, reason: string) =>
  node.pod(pod, ({ status }) => status?.containerStatuses?.some(({ state }) => state?.waiting?.reason === reason) === true);

describe('objects in manifests', () => {
  it('give a Pod its environment and files, from one file, and the files follow an edit at once', async () => {
    const volumes = [
      { name: 'config', configMap: { name: 'web', items: [{ key: 'page', path: 'html/index', mode: 0o400 }] } },
      { name: 'key', secret: { secretName: 'key' } },
      {
        name: 'all',
        projected: { sources: [{ configMap: { name: 'web' } }, { secret: { name: 'key' } }, { secret: { name: 'none', optional: true } }] },
      },
    ];
    const app = script('app', STAY, {
      envFrom: [{ configMapRef: { name: 'web' }, prefix: 'WEB_' }],
      env: [
        { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'key', key: 'password' } } },
        { name: 'LINE', value: '$(WEB_page):$(PASSWORD)' },
      ],
      volumeMounts: volumes.map(({ name }) => ({ name, mountPath: `/${name}` })),
    });
    const pod = podManifest('app', { containers: [app], volumes });
    await node.drop('app.json', list(configMap('web', { page: 'one' }), secret('key', { password: 's3cret' }), pod));
    const running = await node.pod('app', isRunning);
    await prints(
      'app',
      'echo "$LINE $(cat /config/html/index) $(cat /key/password) $(ls /all | tr "\\n" " ")"',
      'one:s3cret one s3cret page password',
    );
    await prints('app', 'stat -L -c %a /config/html/index; grep -c "^tmpfs /key" /proc/mounts', '400\n1');
    await node.drop('app.json', list(configMap('web', { page: 'two' }), secret('key', { password: 's3cret' }), pod));
    await prints('app', 'cat /config/html/index /all/page; echo " $WEB_page"', 'twotwo one');
    // Neither the edit nor the end of what it uses restarts it or takes anything away.
    await node.drop('app.json', list(pod));
    await node.restartKubelet();
    const later = await node.pod('app', isRunning);
    await prints('app', 'cat /config/html/index /key/password', 'twos3cret');
    expect(later.status?.containerStatuses?.map(({ containerID, restartCount }) => [containerID, restartCount])).toEqual(
      running.status?.containerStatuses?.map(({ containerID }) => [containerID, 0]),
    );
  });

  it('are waited for, and let the Pod start when they come', async () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'late', key: 'a' } } }];
    await node.drop('env.json', podManifest('env', { containers: [script('app', STAY, { env })] }));
    const volumes = [{ name: 'late', secret: { secretName: 'late' } }];
    const volumeMounts = [{ name: 'late', mountPath: '/late' }];
    await node.drop('volume.json', podManifest('volume', { containers: [script('app', STAY, { volumeMounts })], volumes }));
    await node.drop('account.json', podManifest('account', { serviceAccountName: 'late', containers: [script('app', STAY)] }));

    const held = await waiting('env', 'CreateContainerConfigError');
    expect(held.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe('configmap "late" not found');
    expect((await node.event('volume', 'FailedMount')).message).toBe(
      'MountVolume.SetUp failed for volume "late" : secret "late" not found',
    );
    const refused = await node.pod('account', ({ status }) => status?.message !== undefined);
    expect(refused.status?.message).toContain('error looking up service account default/late: serviceaccount "late" not found');

    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'late' } };
    await node.drop('late.json', list(configMap('late', { a: '1' }), secret('late', { b: '2' }), account));
    await Promise.all(['env', 'volume', 'account'].map((name) => node.pod(name, isRunning)));
    await prints('env', 'echo $A', '1');
    await prints('volume', 'cat /late/b', '2');
  });

  it('of kinds without a meaning are refused alone, with their place', async () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } };
    await node.drop('mixed.json', list(service, podManifest('beside', { containers: [script('app', STAY)] })));
    await node.pod('beside', isRunning);
    const signal = new AbortController().signal;
    const rejected = (await node.api.listManifests({ signal })).find(
      ({ path, state }) => path.endsWith('/mixed.json') && state === 'rejected',
    );
    expect(rejected?.issues?.map(({ message }) => message)).toEqual([
      'v1 Service: Services are off on this node; the kubelet flag --service-cluster-ip-range turns them on',
    ]);
  });
});
