import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubeletCli } from '../cli/command-line.js';
import { STAY } from '../environment/looking.js';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(async () => {
  if (node === undefined) return;
  const { bed } = node;
  await node[Symbol.asyncDispose]();
  expect(await bed.leaks()).toEqual([]);
});

const ABORTABLE = { signal: new AbortController().signal };
const list = (...items: readonly object[]): object => ({ apiVersion: 'v1', kind: 'List', items });
const claim = (name: string, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } }, ...spec },
});
const user = (name: string, claimName: string, text = STAY, more: object = {}): object =>
  podManifest(name, {
    containers: [script('app', text, { volumeMounts: [{ name: 'data', mountPath: '/data' }] })],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
    ...more,
  });
const dataOf = (name: string, namespace = 'default'): string => join(node.bed.rootDirectory, 'volumes', `${namespace}_${name}`);
const textOf = (path: string): Promise<string> => readFile(path, 'utf8').then((text) => text.trim());
const isGone = (path: string): Promise<boolean> =>
  waitFor(async () => ((await stat(path).catch(() => undefined)) === undefined ? true : undefined), { what: `the end of ${path}` });
const prints = (pod: string, command: string, wanted: string): Promise<string> =>
  waitFor(
    async () => {
      const text = (await node.exec(pod, command).catch(() => '')).trim();
      return text === wanted ? text : undefined;
    },
    { what: `"${wanted}" from "${command}" in ${pod}` },
  );
const eventAbout = (name: string, reason: string): Promise<string> =>
  waitFor(
    async () =>
      (await node.api.listEvents(ABORTABLE)).find((event) => event.reason === reason && event.involvedObject?.name === name)?.message,
    { what: `event ${reason} of ${name}` },
  );
const cli = (...argv: readonly string[]) => kubeletCli([...argv, '--socket', join(node.bed.directory, 'kubelet.sock')]);
const rowOf = async (kind: string, name: string): Promise<readonly string[]> => {
  const { stdout } = await cli('get', kind);
  return (stdout.split('\n').find((line) => line.startsWith(name)) ?? '').split(/ {2,}/);
};

describe('a claim', () => {
  it('gets a directory of its own, and keeps the data when its file and all records have gone', async () => {
    await node.drop('store.yaml', list(user('store', 'store', `echo one >> /data/log; ${STAY}`), claim('store')));
    await node.pod('store', isRunning);
    expect(await textOf(join(dataOf('store'), 'log'))).toBe('one');
    expect(await rowOf('pvc', 'store')).toEqual(expect.arrayContaining(['store', 'Bound', '1Mi', 'RWO', 'local']));
    expect((await node.api.listEvents(ABORTABLE)).filter(({ reason }) => reason === 'FailedMount')).toEqual([]);
    expect((await cli('get', 'pv')).stdout).toMatch(/^pvc-\S+ +1Mi +RWO +Retain +Bound +default\/store +local /m);
    expect((await cli('get', 'sc')).stdout).toMatch(/^local \(default\) +solo-kubelet.dev\/local +Retain +WaitForFirstConsumer /m);
    // Nothing is taken from a Pod that runs, and what it holds on to outlives a restart of the kubelet.
    expect(await cli('delete', 'pvc', 'store', '--data')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is used by pod store'),
    });
    await node.restartKubelet('SIGKILL');
    await node.pod('store', isRunning);
    await node.remove('store.yaml');
    await node.gone('store');
    await waitFor(async () => ((await rowOf('pv', 'pvc-')).includes('Released') ? true : undefined), { what: 'a released volume' });
    expect(await textOf(join(dataOf('store'), 'log'))).toBe('one');
    await node.restartKubelet('SIGTERM', async () => {
      await writeFile(join(node.bed.rootDirectory, 'claims.json'), '{');
    });
    await node.drop('store.yaml', list(claim('store'), user('store', 'store', `echo two >> /data/log; ${STAY}`)));
    await node.pod('store', isRunning);
    await prints('store', 'cat /data/log', 'one\ntwo');
    await node.remove('store.yaml');
    await node.gone('store');
    expect(await cli('delete', 'pvc', 'store', '--data')).toEqual({
      status: 0,
      stdout: `persistentvolumeclaim "store" deleted, and the data in ${dataOf('store')}\n`,
      stderr: '',
    });
    await isGone(dataOf('store'));
    expect(await cli('delete', 'pvc', 'store', '--data')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no data of this claim'),
    });
  });

  it('is waited for, with the words of Kubernetes, and lets the Pod start when it comes', async () => {
    await node.drop('late.yaml', user('late', 'late'));
    expect((await node.event('late', 'FailedMount')).message).toBe(
      'Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[data]: error processing PVC default/late: failed to fetch PVC from API server: persistentvolumeclaims "late" not found',
    );
    await node.drop('claim.yaml', claim('late', { storageClassName: 'none' }));
    expect(await eventAbout('late', 'ProvisioningFailed')).toBe('storageclass.storage.k8s.io "none" not found');
    await node.drop('class.yaml', {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'none' },
      provisioner: 'rancher.io/local-path',
      reclaimPolicy: 'Delete',
    });
    await node.pod('late', isRunning);
    await node.exec('late', 'echo kept > /data/it');
    // A manifest of a claim that goes while a Pod uses it takes nothing away; with the Pod, policy Delete does.
    await node.remove('claim.yaml');
    await waitFor(async () => ((await rowOf('pvc', 'late')).includes('Terminating') ? true : undefined), { what: 'a claim that ends' });
    expect(await textOf(join(dataOf('late'), 'it'))).toBe('kept');
    await node.remove('late.yaml');
    await node.gone('late');
    await isGone(dataOf('late'));
  });

  it('that is larger than the disk is told of, and one that only one Pod may have is', async () => {
    await node.drop(
      'once.yaml',
      list(claim('once', { accessModes: ['ReadWriteOncePod'], resources: { requests: { storage: '100Ti' } } }), user('first', 'once')),
    );
    await node.pod('first', isRunning);
    expect(await eventAbout('once', 'VolumeLargerThanDisk')).toMatch(/^the claim asks for 100Ti, but the disk of \S+ has only [\d.]+Gi;/);
    await node.drop('second.yaml', user('second', 'once'));
    expect((await node.event('second', 'FailedMount')).message).toMatch(
      /^MountVolume.SetUp failed for volume "pvc-\S+" : volume uses the ReadWriteOncePod access mode and is already in use by another pod$/,
    );
    await node.restartKubelet('SIGKILL');
    await node.pod('first', isRunning);
    await node.drop('once.yaml', claim('once', { accessModes: ['ReadWriteOncePod'], resources: { requests: { storage: '100Ti' } } }));
    await node.gone('first');
    await node.pod('second', isRunning);
    await node.remove('second.yaml');
    await node.gone('second');
  });

  it('gets a volume of a document that suits: here, of this node, and with its words for what is missing', async () => {
    const place = join(node.bed.directory, 'disk');
    const volume = (name: string, spec: object, host = 'node1'): object => ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: {
        capacity: { storage: '2Mi' },
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'disks',
        nodeAffinity: {
          required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [host] }] }] },
        },
        ...spec,
      },
    });
    const local = { local: { path: place }, mountOptions: ['ro'] };
    await node.drop('elsewhere.yaml', volume('elsewhere', { ...local, capacity: { storage: '1Mi' } }, 'other'));
    await node.drop('disk.yaml', volume('disk', local));
    await waitFor(async () => ((await rowOf('pv', 'disk')).includes('Available') ? true : undefined), { what: 'an available volume' });
    await node.drop('disk-user.yaml', list(claim('disk', { storageClassName: 'disks' }), user('disk', 'disk')));
    expect((await node.event('disk', 'FailedMount')).message).toBe(
      `MountVolume.SetUp failed for volume "disk" : path "${place}" does not exist`,
    );
    await mkdir(place);
    await writeFile(join(place, 'it'), 'there\n');
    await cli('restart', 'disk');
    await node.pod('disk', isRunning);
    await prints('disk', 'cat /data/it; touch /data/x 2>&1 | grep -c Read-only', 'there\n1');
    expect((await cli('get', 'pv')).stdout).toMatch(/^disk +2Mi +RWO +Retain +Bound +default\/disk +disks /m);
    await node.remove('disk-user.yaml');
    await node.gone('disk');
    expect(await cli('delete', 'pvc', 'disk', '--data')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('yours alone to delete'),
    });
    expect(await textOf(join(place, 'it'))).toBe('there');
  });

  it('that a Pod brings along goes with it', async () => {
    const volumes = [
      {
        name: 'scratch',
        ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } } } },
      },
    ];
    const pod = (text: string): object =>
      podManifest('brief', { containers: [script('app', text, { volumeMounts: [{ name: 'scratch', mountPath: '/data' }] })], volumes });
    const looks = `echo "$(ls /data)" > /dev/termination-log; ls /data | wc -l; touch /data/it; ${STAY}`;
    await node.drop('brief.yaml', pod(looks));
    await node.pod('brief', isRunning);
    const directory = dataOf('brief-node1-scratch');
    await stat(directory);
    await node.remove('brief.yaml');
    await node.gone('brief');
    await isGone(directory);
    await node.drop('brief.yaml', pod(looks));
    await node.pod('brief', isRunning);
    expect((await node.log('brief')).trim()).toBe('0');
    await node.remove('brief.yaml');
    await node.gone('brief');
  });

  it('of a StatefulSet keeps its data over the deletion and return of the set', async () => {
    const set = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'db' } },
        template: {
          metadata: { labels: { app: 'db' } },
          spec: {
            terminationGracePeriodSeconds: 5,
            containers: [script('app', `hostname >> /data/who; ${STAY}`, { volumeMounts: [{ name: 'data', mountPath: '/data' }] })],
          },
        },
        volumeClaimTemplates: [
          { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } } },
        ],
      },
    };
    const who = (ordinal: number): Promise<string> => textOf(join(dataOf(`data-db-${ordinal}`), 'who'));
    const runs = (name: string): Promise<unknown> =>
      waitFor(async () => ((await node.running()).has(`${name}/app`) ? true : undefined), { what: `pod ${name}`, timeoutMs: 60_000 });
    const ends = (name: string): Promise<unknown> =>
      waitFor(async () => ((await node.pods()).some(({ metadata }) => metadata.name === name) ? undefined : true), {
        what: `end of ${name}`,
        timeoutMs: 60_000,
      });
    await node.drop('db.yaml', set);
    await runs('db-1');
    expect(await rowOf('pvc', 'data-db-1')).toEqual(expect.arrayContaining(['Bound']));
    await node.remove('db.yaml');
    await Promise.all([ends('db-0'), ends('db-1')]);
    await node.restartKubelet();
    expect(await Promise.all([who(0), who(1)])).toEqual(['db-0', 'db-1']);
    await node.drop('db.yaml', set);
    await runs('db-1');
    await waitFor(async () => ((await who(1)) === 'db-1\ndb-1' ? true : undefined), { what: 'a second line' });
    expect(await who(0)).toBe('db-0\ndb-0');
    await node.remove('db.yaml');
    await Promise.all([ends('db-0'), ends('db-1')]);
    expect(await cli('delete', 'pvc', 'data-db-0', '--data')).toMatchObject({ status: 0, stderr: '' });
    await isGone(dataOf('data-db-0'));
    expect(await who(1)).toBe('db-1\ndb-1');
    expect((await cli('get', 'pvc')).stdout).not.toContain('data-db-0');
  });
});
