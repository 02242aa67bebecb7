import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { podManifest } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { hostContainer } from '../lifecycle/real-servers.js';
import { freePorts } from './free-port.js';

// An operator with Kubernetes' own client for JavaScript, in a container with a network of its own, and one on the network of the node.

let node: TestNode;
let port: number;
beforeAll(async () => {
  [port = 0] = await freePorts(1);
  node = await startNode({ flags: ['--kube-api', `0.0.0.0:${port}`] });
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  expect(await node.bed.leaks()).toEqual([]);
});

const ACCESS = ['ServiceAccount', 'Role', 'RoleBinding'].map((kind) => ({
  apiVersion: kind === 'ServiceAccount' ? 'v1' : 'rbac.authorization.k8s.io/v1',
  kind,
  metadata: { name: 'stamper' },
  ...(kind === 'Role' && { rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch', 'patch'] }] }),
  ...(kind === 'RoleBinding' && {
    subjects: [{ kind: 'ServiceAccount', name: 'stamper', namespace: 'default' }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'stamper' },
  }),
}));
const wanting = (name: string): string => `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
  annotations: { stamp: wanted } # by the operator
`;
const stamped = (file: string): Promise<unknown> =>
  waitFor(async () => /stamp: "?done"?/.test(await readFile(join(node.bed.manifestDirectory, file), 'utf8')), {
    what: `the stamp in ${file}`,
    timeoutMs: 60_000,
  });
const lines = async (pod: string): Promise<readonly string[]> => (await node.log(pod)).split('\n');

it('an operator in a container lists, watches and patches by its account, over a restart of the kubelet too', async () => {
  const directory = join(node.bed.directory, 'operator');
  await mkdir(directory);
  const entryPoints = [fileURLToPath(new URL('operator-program.ts', import.meta.url))];
  await build({ entryPoints, outfile: join(directory, 'operator.cjs'), bundle: true, platform: 'node', logLevel: 'error' });
  const { volumes, container } = hostContainer('app', [process.execPath, '/server/operator.cjs'], { directory });
  const spec = { serviceAccountName: 'stamper', automountServiceAccountToken: true, containers: [container], volumes };
  await node.drop('first.yaml', wanting('first'));
  await node.drop('operator.yaml', { apiVersion: 'v1', kind: 'List', items: [...ACCESS, podManifest('operator', spec)] });
  await node.pod('operator', isRunning);
  await stamped('first.yaml');
  expect(await readFile(join(node.bed.manifestDirectory, 'first.yaml'), 'utf8')).toContain('# by the operator');
  await waitFor(async () => (await lines('operator')).includes('secrets 403'), { what: 'the refusal of Secrets' });

  await node.restartKubelet('SIGKILL', () => node.drop('second.yaml', wanting('second')));
  await stamped('second.yaml');
  await node.remove('first.yaml');
  await waitFor(async () => (await lines('operator')).includes('delete first'), { what: 'the end of the first', timeoutMs: 60_000 });
  const said = await lines('operator');
  expect(said.filter((line) => line.startsWith('add ')).sort()).toEqual(['add first', 'add second']);
  expect(said.filter((line) => line.startsWith('failed'))).toEqual([]);
});

it('tells a Pod where the API is, and one without a token nothing', async () => {
  const print = { name: 'app', image: imageNames.busybox, command: ['sh', '-c', 'env | grep ^KUBERNETES_ || echo none; sleep 1000'] };
  await node.drop(
    'told.yaml',
    podManifest('told', { automountServiceAccountToken: true, containers: [print], terminationGracePeriodSeconds: 0 }),
  );
  await node.drop('untold.yaml', podManifest('untold', { containers: [print], terminationGracePeriodSeconds: 0 }));
  await node.pod('told', isRunning);
  await node.pod('untold', isRunning);
  await waitFor(async () => (await node.log('told')).includes(`KUBERNETES_SERVICE_PORT=${port}\n`), { what: 'the variables' });
  await waitFor(async () => (await node.log('untold')) === 'none\n', { what: 'their absence' });
});
