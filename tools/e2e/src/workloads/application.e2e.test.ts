import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kubeletCli, type Ran } from '../cli/command-line.js';
import { startNode, type TestNode } from '../kubelet/node.js';

let node: TestNode;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-application-'));
  node = await startNode();
});
afterAll(async () => {
  const { bed } = node;
  await node[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
  expect(await bed.leaks()).toEqual([]);
});

const cli = (...argv: readonly string[]): Promise<Ran> => {
  const dashes = argv.indexOf('--');
  const at = dashes < 0 ? argv.length : dashes;
  return kubeletCli([...argv.slice(0, at), '--socket', join(node.bed.directory, 'kubelet.sock'), ...argv.slice(at)]);
};
const application = (page: string, annotation = ''): string => `apiVersion: v1
kind: ConfigMap
metadata: { name: page }
data: { index.html: "${page}" }
---
apiVersion: v1
kind: Secret
metadata: { name: key }
stringData: { password: hunter2 }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 1Mi } }
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: { ${annotation} }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 2
      containers:
        - name: app
          image: ${imageNames.busybox}
          command: [sh, -c, 'echo "$PASSWORD" > /data/key; trap "exit 0" TERM; sleep 1000000 & wait $!']
          resources: { limits: { cpu: 200m, memory: 64Mi } }
          env: [{ name: PASSWORD, valueFrom: { secretKeyRef: { name: key, key: password } } }]
          volumeMounts: [{ name: page, mountPath: /www }, { name: data, mountPath: /data }]
      volumes:
        - { name: page, configMap: { name: page } }
        - { name: data, persistentVolumeClaim: { claimName: data } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: tidy }
spec:
  schedule: "0 3 1 1 *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: app
              image: ${imageNames.busybox}
              command: [cat, /data/key]
              volumeMounts: [{ name: data, mountPath: /data }]
          volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
`;

const apply = async (text: string): Promise<void> => {
  await writeFile(join(directory, 'app.yaml'), text);
  expect(await cli('apply', '-f', join(directory, 'app.yaml'))).toMatchObject({ status: 0, stderr: '' });
};
const pod = async (): Promise<Pod> =>
  waitFor(
    async () => {
      const pods = (await node.pods()).filter(({ metadata }) => metadata.name?.startsWith('web-'));
      const ready = pods[0]?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
      return pods.length === 1 && ready === true ? pods[0] : undefined;
    },
    { what: 'one ready Pod of web', timeoutMs: 60_000 },
  );
const shows = async (page: string): Promise<void> => {
  await waitFor(
    async () => {
      const { stdout } = await cli('exec', 'deploy/web', '--', 'cat', '/www/index.html');
      return stdout === page || undefined;
    },
    { what: `the page "${page}" in the container`, intervalMs: 500 },
  );
};

it('an application of one file runs, and every kind of it is shown, described and waited for', async () => {
  await apply(application('one'));
  expect(await cli('wait', '--for', 'condition=Available', 'deployment/web', '--timeout', '60s')).toMatchObject({
    status: 0,
    stdout: 'deployment.apps/web condition met\n',
  });
  await shows('one');
  expect(await cli('create', 'job', 'now', '--from', 'cronjob/tidy')).toMatchObject({ status: 0 });
  expect(await cli('wait', '--for', 'condition=Complete', 'job/now', '--timeout', '60s')).toMatchObject({ status: 0 });
  expect((await cli('logs', 'job/now')).stdout).toBe('hunter2\n');
  expect(await cli('wait', '--for', 'phase=Bound', 'pvc/data')).toMatchObject({ status: 0 });
  expect(await cli('wait', '--for', 'condition=Failed', 'job/now', '--timeout', '1s')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('timed out waiting for condition=Failed; it is'),
  });

  const ages = async (): Promise<string> => {
    const tables = [];
    for (const kind of ['configmaps', 'secrets', 'pvc', 'pv', 'sc', 'deployments', 'replicasets', 'cronjobs', 'jobs', 'all'])
      tables.push((await cli('get', kind)).stdout);
    return tables.join('\n');
  };
  const tables = await ages();
  expect(tables).toMatch(/^page +1 +[\dms]+$/m);
  expect(tables).toMatch(/^key +Opaque +1 +[\dms]+$/m);
  expect(tables).not.toContain('<unknown>');
  const created = (): Promise<string> =>
    waitFor(
      async () => {
        const { status, stdout } = await cli('get', 'configmap', 'page', '-o', 'jsonpath={.metadata.creationTimestamp}');
        return status === 0 && stdout !== '' ? stdout : undefined;
      },
      { what: 'the ConfigMap with its age', timeoutMs: 60_000, intervalMs: 500 },
    );
  const before = await created();
  await node.restartKubelet('SIGKILL');
  await pod();
  expect(await created()).toBe(before);

  // As Kubernetes has it: requests come from limits, and the ReplicaSet is in charge.
  const { metadata, spec, status } = await pod();
  expect([spec.containers[0]?.resources?.requests, status?.qosClass]).toEqual([{ cpu: '200m', memory: '64Mi' }, 'Guaranteed']);
  const [owner] = metadata.ownerReferences ?? [];
  expect((await cli('describe', 'pod', metadata.name!)).stdout).toContain(`ReplicaSet/${owner?.name}`);
  expect((await cli('get', 'replicaset', owner?.name ?? '')).stdout).toMatch(new RegExp(`${owner?.name} +1 +1 +1 `));

  const deployment = (await cli('describe', 'deployment', 'web')).stdout;
  for (const text of [
    'Name:',
    'web',
    'CreationTimestamp:',
    'Pod Template:',
    imageNames.busybox,
    'Available',
    'MinimumReplicasAvailable',
    'Manifest:',
  ])
    expect(deployment).toContain(text);
  const secret = (await cli('describe', 'secret/key')).stdout;
  expect(secret).toMatch(/Data:\n {2}password\n/);
  expect(secret).not.toMatch(/hunter2|aHVudGVyMg/);
  expect((await cli('describe', 'configmap', 'page')).stdout).toMatch(/Data:\n {2}index\.html\n/);
  expect((await cli('describe', 'pvc', 'data')).stdout).toMatch(/Status: +Bound/);
  expect((await cli('describe', 'cronjob/tidy')).stdout).toMatch(/Schedule: +0 3 1 1 \*/);
  expect(await cli('describe', 'deployment', 'nosuch')).toMatchObject({ status: 1, stderr: expect.stringContaining('"nosuch" not found') });
}, 600_000);

it('an edit of its ConfigMap reaches the file in the container, and rolls the Pods where that is asked for', async () => {
  const first = await pod();
  await apply(application('two'));
  await shows('two');
  expect((await pod()).metadata.uid).toBe(first.metadata.uid);
  const follows = 'restart-on-change.solo-kubelet.dev: "true"';
  await apply(application('two', follows));
  expect((await pod()).metadata.uid).toBe(first.metadata.uid);
  await apply(application('three', follows));
  const second = await waitFor(
    async () => {
      const now = await pod();
      return now.metadata.uid === first.metadata.uid ? undefined : now;
    },
    { what: 'another Pod of web', timeoutMs: 60_000 },
  );
  await shows('three');
  expect(second.metadata.annotations?.['solo-kubelet.dev/config-version']).toBe('2');
}, 600_000);

it('objects are deleted one by one out of their file, with the Pods that they made, and the rest with the file', async () => {
  expect(await cli('delete', 'deployment/web')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('deployment.apps/web deleted'),
  });
  expect((await node.pods()).filter(({ metadata }) => metadata.name?.startsWith('web-'))).toEqual([]);
  expect(await cli('delete', 'job', 'now')).toMatchObject({ status: 0 });
  expect(await cli('delete', 'configmap', 'page')).toMatchObject({ status: 0 });
  const left = await readFile(join(node.bed.manifestDirectory, 'app.yaml'), 'utf8');
  expect(left.match(/^kind: \w+/gm)).toEqual(['kind: Secret', 'kind: PersistentVolumeClaim', 'kind: CronJob']);
  expect(await cli('delete', 'configmap', 'page')).toMatchObject({ status: 1, stderr: expect.stringContaining('not found') });
  await writeFile(join(directory, 'app.yaml'), left);
  expect(await cli('delete', '-f', join(directory, 'app.yaml'))).toMatchObject({ status: 0 });
  expect(await cli('wait', '--for', 'delete', 'cronjob/tidy', 'secret/key', '--timeout', '10s')).toMatchObject({ status: 0 });
  expect(await cli('delete', 'pvc', 'data', '--data')).toMatchObject({ status: 0 });
}, 600_000);
