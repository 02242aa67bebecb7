import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { kubeletCli } from '../cli/command-line.js';
import type { TestNode } from '../kubelet/node.js';
import { type ApiNode, type Kubectl, kubectlPrograms, openKubectl, startApiNode } from './kubectl.js';

const LIMIT_MS = 120_000;
const SETTINGS = `# the light in the shop
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  light: "on" # until ten
---
apiVersion: v1
kind: ConfigMap
metadata: { name: untouched }
data: { a: b }
`;
const web = (replicas: number): string =>
  stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'app',
              image: imageNames.busybox,
              command: ['sh', '-c', 'trap "exit 0" TERM; echo ready; while :; do sleep 0.2; done'],
            },
          ],
        },
      },
    },
  });

// A file without a single test is a failure: the one of nobody is there to be skipped.
const tried = kubectlPrograms.length > 0 ? kubectlPrograms : ['no kubectl'];
describe.each(tried)('%s against the node', { skip: kubectlPrograms.length === 0 }, (program) => {
  let api: ApiNode;
  let node: TestNode;
  let directory: string;
  let kubectl: Kubectl['run'];
  let told: Kubectl['told'];

  beforeAll(async () => {
    api = await startApiNode();
    ({ node } = api);
    ({ directory, run: kubectl, told } = await openKubectl(program, api.kubeconfig, node.bed.directory));
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    expect(await node.bed.leaks()).toEqual([]);
  });

  const file = async (name: string, text: string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, text);
    return path;
  };
  /** The name of the Deployment's Pod, once the Pods of before are gone: a rollout is through while they still end. */
  const onePod = (): Promise<string> =>
    waitFor(
      async () => {
        const [name, ...others] = (await told('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ');
        return others.length === 0 && name;
      },
      { what: 'one Pod', timeoutMs: LIMIT_MS },
    );
  const manifest = (name: string): Promise<string> => readFile(join(node.bed.manifestDirectory, name), 'utf8');

  it('shows the node and what may be done', async () => {
    expect(await told('get', 'nodes')).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION\nnode1 +Ready +\S+ +\d+s +v1\.36/);
    expect(await told('auth', 'can-i', 'create', 'deployments')).toBe('yes\n');
    expect(await kubectl('get', 'horizontalpodautoscalers')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('"horizontalpodautoscalers"'),
    });
  });

  it('edits an object where a person wrote it, and keeps the comments and the other objects of the file', async () => {
    await node.drop('shop.yaml', SETTINGS);
    await waitFor(async () => (await kubectl('get', 'configmap', 'settings')).status === 0, { what: 'the ConfigMap' });
    expect(await told('patch', 'configmap', 'settings', '-p', '{"data":{"light":"off"}}')).toContain('patched');
    const text = await manifest('shop.yaml');
    expect(text).toMatch(/^# the light in the shop\n[\s\S]*light: "?off"? # until ten\n---\n/);
    expect(text).toContain('untouched');
    expect(await told('get', 'configmap', 'settings', '-o', 'jsonpath={.data.light}')).toBe('off');
    expect(await told('label', 'configmap', 'settings', 'of=shop')).toContain('labeled');
    expect(await told('get', 'configmaps', '-l', 'of=shop', '-o', 'name')).toBe('configmap/settings\n');
  });

  it('applies a Deployment, rolls it out, scales it and goes back', async () => {
    const path = await file('web.yaml', web(2));
    expect(await told('apply', '-f', path)).toBe('deployment.apps/web created\n');
    expect(await told('rollout', 'status', 'deployment/web')).toContain('successfully rolled out');
    expect((await told('get', 'pods', '-l', 'app=web', '-o', 'name')).trim().split('\n')).toHaveLength(2);
    expect(await told('apply', '-f', path)).toBe('deployment.apps/web unchanged\n');
    expect(await told('scale', 'deployment/web', '--replicas=1')).toContain('scaled');
    await onePod();
    expect(await told('set', 'env', 'deployment/web', 'COLOUR=green')).toContain('env updated');
    expect(await told('rollout', 'status', 'deployment/web')).toContain('successfully rolled out');
    await onePod();
    expect(await told('exec', 'deployment/web', '--', 'sh', '-c', 'echo $COLOUR')).toBe('green\n');
    expect(await told('rollout', 'history', 'deployment/web')).toMatch(/^1 [\s\S]*^2 /m);
    expect(await told('rollout', 'undo', 'deployment/web')).toContain('rolled back');
    expect(await told('rollout', 'status', 'deployment/web')).toContain('successfully rolled out');
    expect(await told('get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].env}')).toBe('');
    expect(await kubectl('diff', '-f', await file('web.yaml', web(3)))).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^\+ +replicas: 3$/m),
    });
  });

  it('reads logs, runs programs and copies files', async () => {
    const name = await onePod();
    expect(await told('logs', name)).toBe('ready\n');
    expect(await kubectl('exec', name, '--', 'sh', '-c', 'echo out; echo err >&2; exit 3')).toMatchObject({
      status: 3,
      stdout: 'out\n',
      stderr: expect.stringContaining('err\n'),
    });
    await told('cp', await file('copied.txt', 'copied'), `${name}:/tmp/copied.txt`);
    expect(await told('exec', name, '--', 'cat', '/tmp/copied.txt')).toBe('copied');
    expect(await told('describe', 'pod', name)).toMatch(/^Name: +\S+[\s\S]*Normal +Started /);
  });

  it('makes objects by command, and takes them away again', async () => {
    expect(await told('create', 'configmap', 'made', '--from-literal=a=b')).toBe('configmap/made created\n');
    expect(await told('get', 'configmap', 'made', '-o', 'jsonpath={.data.a}')).toBe('b');
    expect(await kubectl('create', 'configmap', 'made', '--from-literal=a=b')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('already exists'),
    });
    expect(
      await told('run', 'one', `--image=${imageNames.busybox}`, '--image-pull-policy=IfNotPresent', '--command', '--', 'sleep', '1000'),
    ).toBe('pod/one created\n');
    expect(await told('wait', '--for=condition=Ready', 'pod/one', '--timeout=60s')).toBe('pod/one condition met\n');
    expect(await told('delete', 'pod', 'one', '--now')).toContain('pod "one"');
    expect(await told('delete', 'configmap', 'made')).toContain('configmap "made"');
    expect(await told('delete', '-f', join(directory, 'web.yaml'))).toContain('"web" deleted');
    await waitFor(async () => (await told('get', 'pods', '-o', 'name')) === '', { what: 'the end of all Pods', timeoutMs: LIMIT_MS });
    expect(await readdir(node.bed.manifestDirectory)).toEqual(['shop.yaml']);
  });

  it('lets a user do what the groups of the certificate may', async () => {
    const made = await kubeletCli(['kubeconfig', '--user', 'jane', '--group', 'solo-kubelet:read', '--root-dir', node.bed.rootDirectory]);
    expect({ status: made.status, stderr: made.stderr }).toEqual({ status: 0, stderr: '' });
    const own = `--kubeconfig=${await file('jane.kubeconfig', made.stdout)}`;
    expect(await told(own, 'get', 'configmaps', '-o', 'name')).toContain('configmap/settings');
    expect(await told(own, 'auth', 'can-i', 'list', 'pods')).toBe('yes\n');
    expect(await kubectl(own, 'get', 'secrets')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('User "jane" cannot list resource "secrets"'),
    });
    expect(await kubectl(own, 'delete', 'configmap', 'settings')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Forbidden'),
    });
  });

  it('holds Pods and templates of workloads against what their namespace enforces', async () => {
    await told('create', 'namespace', 'tight');
    await told('label', 'namespace', 'tight', 'pod-security.kubernetes.io/enforce=restricted');
    for (const args of [
      ['run', 'web', '--image', 'web:1'],
      ['create', 'deployment', 'web', '--image', 'web:1'],
    ] as const)
      expect(await kubectl('-n', 'tight', ...args)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('"web" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false'),
      });
    await told('delete', 'namespace', 'tight');
  });

  it('makes tokens of accounts, and knows who comes with one', async () => {
    const request = await file('request.json', JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }));
    const path = '/api/v1/namespaces/default/serviceaccounts/default/token';
    const made = JSON.parse(await told('create', '--raw', path, '-f', request)) as { readonly status: { readonly token: string } };
    const admin = JSON.parse(await readFile(api.kubeconfig, 'utf8')) as { readonly users: readonly { readonly name: string }[] };
    const users = admin.users.map(({ name }) => ({ name, user: { token: made.status.token } }));
    const own = `--kubeconfig=${await file('account.kubeconfig', JSON.stringify({ ...admin, users }))}`;
    expect(await kubectl(own, 'get', 'pods')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('User "system:serviceaccount:default:default" cannot list resource "pods"'),
    });
    expect(await kubectl('create', 'token', 'nobody')).toMatchObject({ status: 1 });
  });

  it('marks the node as not to be scheduled on', async () => {
    await told('cordon', 'node1');
    expect(await told('get', 'nodes')).toMatch(/Ready,SchedulingDisabled/);
    await told('uncordon', 'node1');
    expect(await told('get', 'nodes')).not.toMatch(/SchedulingDisabled/);
  });
});
