import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTerminalOf } from '../cli/terminal.js';
import { isRunning, type TestNode } from '../kubelet/node.js';
import { type ApiNode, type Kubectl, kubectlPrograms, minorVersion, openKubectl, startApiNode } from './kubectl.js';

const LIMIT_MS = 120_000;
const container = (name: string) => ({
  name,
  image: imageNames.busybox,
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', `trap "exit 0" TERM; echo "$0 runs"; while :; do sleep 0.3; done`, name],
});
const template = { terminationGracePeriodSeconds: 1, containers: [container('app')] };
const IMAGE = [`--image=${imageNames.busybox}`, '--image-pull-policy=IfNotPresent'];

// What 1.20 asks for went with 1.22.
const programs = kubectlPrograms.filter((path) => minorVersion(path) >= 22);
if (programs.length < kubectlPrograms.length)
  console.warn('a kubectl older than 1.22 is not tried for debug: it asks for what Kubernetes has no more');

// A file without a single test is a failure: the one of nobody is there to be skipped.
describe.each(programs.length > 0 ? programs : ['no kubectl from 1.22 on'])('%s debug', { skip: programs.length === 0 }, (program) => {
  let api: ApiNode;
  let node: TestNode;
  let kubectl: Kubectl;
  let web: string;
  let image: readonly string[] = IMAGE;

  beforeAll(async () => {
    api = await startApiNode();
    ({ node } = api);
    kubectl = await openKubectl(program, api.kubeconfig, node.bed.directory);
    if (/^error: unknown flag/.test((await kubectl.run('debug', 'x', ...IMAGE)).stderr)) image = [IMAGE[0]!];
    await node.drop('web.yaml', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: template });
    web = (await node.pod('web', isRunning)).metadata.name!;
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    expect(await node.bed.leaks()).toEqual([]);
  });

  const debugStatus = (pod: string, name: string, field: string): Promise<string> =>
    kubectl.told('get', 'pod', pod, '-o', `jsonpath={.status.ephemeralContainerStatuses[?(@.name=="${name}")]${field}}`);
  const exitCode = (pod: string, name: string): Promise<string> =>
    waitFor(async () => (await debugStatus(pod, name, '.state.terminated.exitCode')) || undefined, { what: `the end of ${name}` });

  it('gives a terminal beside a Pod of a file, with the processes of a container of it', async () => {
    await using terminal = await openTerminalOf(
      [program, 'debug', '-it', web, ...image, '--target=app', '-c', 'shell', '--', 'sh'],
      kubectl.env,
    );
    await terminal.screen(/\/ # $/m);
    await terminal.type('stty size; ps | grep -q "[w]hile" && echo seen; hostname\n');
    await terminal.screen(new RegExp(`24 80\\s+seen\\s+${web}`));
    await terminal.resize(100, 30);
    await terminal.type('stty size\n');
    await terminal.screen(/30 100/);
    await terminal.type('exit 3\n');
    await terminal.screen(/status=\d/);
    expect(await exitCode(web, 'shell')).toBe('3');
    expect(await debugStatus(web, 'shell', '.restartCount')).toBe('0');
  });

  it('shows what it did in logs, events and the description', async () => {
    await kubectl.told('debug', web, ...image, '-c', 'looker', '--', 'sh', '-c', 'echo looked; sleep 1000');
    await waitFor(async () => (await debugStatus(web, 'looker', '.state.running.startedAt')) || undefined, {
      what: 'a container that runs',
    });
    expect(await kubectl.told('logs', web, '-c', 'looker')).toBe('looked\n');
    expect(await kubectl.told('exec', web, '-c', 'looker', '--', 'hostname')).toBe(`${web}\n`);
    expect(await kubectl.told('describe', 'pod', web)).toMatch(/Ephemeral Containers:\n +looker:|Ephemeral Containers:\n +shell:/);
    expect(await kubectl.told('get', 'events', '-o', 'jsonpath={.items[*].involvedObject.fieldPath}')).toContain(
      'spec.ephemeralContainers{looker}',
    );
    expect(await readFile(join(node.bed.manifestDirectory, 'web.yaml'), 'utf8')).not.toContain('looker');
  });

  it('keeps what was added over restarts of the kubelet, and starts none of it again', async () => {
    const ids = async (): Promise<readonly string[]> => (await node.containerStatuses('web')).map(({ id }) => id).sort();
    const before = await ids();
    await node.restartKubelet('SIGKILL');
    await node.pod('web', isRunning);
    await waitFor(async () => (await kubectl.run('get', '--raw', '/readyz')).status === 0, { what: 'an API that is ready' });
    expect((await debugStatus(web, 'looker', '.state.running.startedAt')) === '').toBe(false);
    expect(await debugStatus(web, 'shell', '.state.terminated.exitCode')).toBe('3');
    await kubectl.told('debug', web, ...image, '-c', 'late', '--', 'true');
    expect(await exitCode(web, 'late')).toBe('0');
    const after = await ids();
    expect(after.filter((id) => !before.includes(id))).toHaveLength(1);
    expect(before.filter((id) => !after.includes(id))).toEqual([]);
  });

  it('refuses to change or take away what was added', async () => {
    const pod = `/api/v1/namespaces/default/pods/${web}`;
    const got = JSON.parse(await kubectl.told('get', '--raw', pod)) as Pod;
    const put = async (ephemeralContainers: object): Promise<string> => {
      const body = join(kubectl.directory, 'body.json');
      await writeFile(body, JSON.stringify({ ...got, spec: { ...got.spec, ephemeralContainers } }));
      return (await kubectl.run('replace', '--raw', `${pod}/ephemeralcontainers`, '-f', body)).stderr;
    };
    const [shell, ...others] = got.spec.ephemeralContainers ?? [];
    expect(await put(others)).toContain('existing ephemeral containers "shell" may not be removed');
    expect(await put([{ ...shell, image: 'other' }, ...others])).toContain('existing ephemeral containers "shell" may not be changed');
    expect(await put([shell, ...others, { name: 'app', image: 'x' }])).toContain('Duplicate value');
    expect(await put([shell, ...others, { name: 'y', image: 'x', targetContainerName: 'none' }])).toContain('Not found');
  });

  it('works on a Pod that a Deployment made, too', async () => {
    const labels = { app: 'shop' };
    const spec = { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: template } };
    await node.drop('shop.yaml', { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'shop' }, spec });
    const pod = await waitFor(
      async () =>
        (await kubectl.told(
          'get',
          'pods',
          '-l',
          'app=shop',
          '--field-selector=status.phase=Running',
          '-o',
          'jsonpath={.items[*].metadata.name}',
        )) || undefined,
      { what: 'the Pod', timeoutMs: LIMIT_MS },
    );
    await kubectl.told('debug', pod, ...image, '--target=app', '-c', 'shell', '--', 'sh', '-c', 'ps | grep -q "[w]hile"');
    expect(await exitCode(pod, 'shell')).toBe('0');
    await node.remove('shop.yaml');
  });

  it('copies a Pod, and looks at the node', async () => {
    await kubectl.told('debug', web, '--copy-to=copy', ...image, '--share-processes', '-c', 'shell', '--', 'sleep', '1000');
    expect(await kubectl.told('wait', '--for=condition=Ready', 'pod/copy', '--timeout=60s')).toContain('condition met');
    expect(await kubectl.told('exec', 'copy', '-c', 'shell', '--', 'sh', '-c', 'ps | grep -q "[w]hile" && echo seen')).toBe('seen\n');
    expect(await kubectl.told('get', 'pod', 'copy', '-o', 'jsonpath={.spec.ephemeralContainers}')).toBe('');
    await using terminal = await openTerminalOf([program, 'debug', '-it', 'node/node1', ...image, '--', 'sh'], kubectl.env);
    await terminal.screen(/\/ # $/m);
    await terminal.type(`ls /host${node.bed.manifestDirectory}; exit\n`);
    await terminal.screen(/web\.yaml[\s\S]*status=\d/);
    expect(await readdir(node.bed.manifestDirectory)).toContain('pod.default.copy.yaml');
    await kubectl.told('delete', 'pods', '--all', '--now', '--wait=false');
    await waitFor(async () => (await kubectl.told('get', 'pods', '-o', 'name')) === '', {
      what: 'the end of all Pods',
      timeoutMs: LIMIT_MS,
    });
  });
});
