import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTerminalOf } from '../cli/terminal.js';
import { type ApiNode, type Kubectl, kubectlPrograms, openKubectl, startApiNode } from './kubectl.js';

const LIMIT = { timeoutMs: 120_000 };
const BIG_BYTES = 100 << 20;
const CONNECTIONS = 1_000;
const LANES = 50;

const talking = (name: string, more = ''): object => ({
  name,
  image: imageNames.busybox,
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', `trap exit TERM; ${more}while :; do echo "${name} says"; sleep 0.3; done`],
});
const labels = { app: 'x' };
const SHOP = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'x' },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [talking('web', 'mkdir /w; echo hello > /w/index.html; httpd -p 8080 -h /w; '), talking('side')],
      },
    },
  },
};
const BUDGET = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'x' },
  spec: { minAvailable: 2, selector: { matchLabels: labels } },
};

const sumOf = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

// A file without a single test is a failure: the one of nobody is there to be skipped.
const tried = kubectlPrograms.length > 0 ? kubectlPrograms : ['no kubectl'];
describe.each(tried)('streams of %s', { skip: kubectlPrograms.length === 0 }, (program) => {
  let api: ApiNode;
  let kubectl: Kubectl;
  const names = async (): Promise<readonly string[]> =>
    (await kubectl.told('get', 'pods', '-l', 'app=x', '-o', 'name')).trim().replaceAll('pod/', '').split('\n');

  beforeAll(async () => {
    api = await startApiNode();
    kubectl = await openKubectl(program, api.kubeconfig, api.node.bed.directory);
    await api.node.drop('x.yaml', SHOP);
    await waitFor(async () => (await kubectl.run('get', 'deployment', 'x')).status === 0, { what: 'the Deployment', ...LIMIT });
    await kubectl.told('rollout', 'status', 'deployment/x', '--timeout=60s');
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    expect(await api.node.bed.leaks()).toEqual([]);
  });

  it('copies 100 MB into a container and back', async () => {
    const [name = ''] = await names();
    const [path, back] = ['big', 'back'].map((file) => join(kubectl.directory, file)) as [string, string];
    const bytes = randomBytes(BIG_BYTES);
    await writeFile(path, bytes);
    await kubectl.told('cp', path, `${name}:/tmp/big`, '-c', 'web');
    expect(await kubectl.told('exec', name, '-c', 'web', '--', 'md5sum', '/tmp/big')).toContain(sumOf(bytes));
    await kubectl.told('cp', `${name}:/tmp/big`, back, '-c', 'web');
    expect(sumOf(await readFile(back))).toBe(sumOf(bytes));
    await kubectl.told('exec', name, '-c', 'web', '--', 'rm', '/tmp/big');
  });

  it('forwards a thousand connections, fifty at once', async () => {
    const child = spawn(program, ['port-forward', 'deployment/x', ':8080'], { env: kubectl.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'exit');
    try {
      let told = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        told += chunk;
      });
      const port = await waitFor(async () => /127\.0\.0\.1:(\d+)/.exec(told)?.[1], { what: 'a port', ...LIMIT });
      const ask = async (): Promise<string> => {
        const request = get({ host: '127.0.0.1', port, agent: false, timeout: 30_000 });
        const [response] = await once(request, 'response');
        return text(response);
      };
      let left = CONNECTIONS;
      const answers: string[] = [];
      const lane = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          answers.push(await ask());
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      expect(answers).toHaveLength(CONNECTIONS);
      expect(new Set(answers)).toEqual(new Set(['hello\n']));
    } finally {
      child.kill();
      await ended;
    }
  });

  it('follows the logs of all containers of all Pods', async () => {
    const args = ['logs', '-f', '--prefix', '-l', 'app=x', '--all-containers', '--tail=1'];
    const child = spawn(program, args, { env: kubectl.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'exit');
    let told = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      told += chunk;
    });
    const wanted = (await names()).flatMap((name) => ['web', 'side'].map((container) => `[pod/${name}/${container}] ${container} says`));
    await waitFor(async () => wanted.every((line) => told.split('\n').filter((each) => each === line).length > 3), {
      what: 'lines of every container',
      ...LIMIT,
    });
    child.kill();
    await ended;
    expect(new Set(told.split('\n').slice(0, -1))).toEqual(new Set(wanted));
  });

  it('gives a terminal that changes its size, and the status of what ran in it', async () => {
    const [name = ''] = await names();
    await using terminal = await openTerminalOf([program, 'exec', '-it', name, '-c', 'web', '--', 'sh'], kubectl.env);
    await terminal.screen(/\/ # $/m);
    await terminal.type('stty size\n');
    await terminal.screen(/24 80/);
    await terminal.resize(100, 30);
    await waitFor(
      async () => {
        await terminal.type('stty size\n');
        return /30 100/.test(await terminal.screen(/\/ # $/m));
      },
      { what: 'the new size', intervalMs: 300, ...LIMIT },
    );
    await terminal.type('exit 3\n');
    await terminal.screen(/status=3/);
  });

  it('drains the node, but not against a budget', async () => {
    const drain = ['drain', 'node1', '--force', '--ignore-daemonsets', '--delete-emptydir-data'];
    const before = await names();
    await api.node.drop('budget.yaml', BUDGET);
    await waitFor(async () => (await kubectl.run('get', 'pdb', 'x')).status === 0, { what: 'the budget' });
    const refused = await kubectl.run(...drain, '--timeout=3s');
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("Cannot evict pod as it would violate the pod's disruption budget."),
    });
    expect(await names()).toEqual(before);
    await api.node.remove('budget.yaml');
    await waitFor(async () => (await kubectl.run('get', 'pdb', 'x')).status !== 0, { what: 'no budget' });
    expect(await kubectl.told(...drain, '--timeout=60s')).toMatch(/^node\/node1 (drained|evicted)$/m);
    expect((await names()).filter((name) => before.includes(name))).toEqual([]);
    expect(await kubectl.told('get', 'node', 'node1')).toContain('SchedulingDisabled');
    await kubectl.told('uncordon', 'node1');
  });
});
