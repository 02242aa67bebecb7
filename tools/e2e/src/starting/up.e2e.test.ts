import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { containerdLayout } from '@solo-kubelet/standalone-node/containerd';
import { buildImages } from '@solo-kubelet-tools/images';
import { cacheDirectory, kubeletBinary, waitFor } from '@solo-kubelet-tools/testbed';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../api/free-port.js';
import { lacksIngress } from '../services/lacks-ingress.js';

const run = promisify(execFile);
const examples = join(import.meta.dirname, '../../../../examples');

let directory: string;
let images: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'up-'));
  images = dirname((await buildImages({ directory: join(cacheDirectory(), 'images') }))[0]!);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const up = (...args: readonly string[]) => {
  const child = spawn(process.execPath, [kubeletBinary, 'up', '--images', images, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  return { child, ended, output: () => output };
};

/** What a node could leave behind anywhere on the machine; `node` is its data directory. */
const traces = async (node: string): Promise<readonly string[]> => {
  const [mounts, processes] = await Promise.all([readFile('/proc/self/mountinfo', 'utf8'), run('ps', ['-eo', 'args'])]);
  return [...mounts.split('\n'), ...processes.stdout.split('\n')].filter((line) => line.includes(node));
};

describe('up --ephemeral', () => {
  it('runs the examples, serves them, and leaves nothing behind on Ctrl-C', async () => {
    await copyFile(join(examples, 'app.yaml'), join(directory, 'app.yaml'));
    await copyFile(join(examples, 'run-once.yaml'), join(directory, 'run-once.yaml'));
    const node = up('--ephemeral', '--images', directory, directory);
    await waitFor(async () => /app-\S+\s+2\/2\s+Running/.test(node.output()), { what: 'the table of Ready pods', timeoutMs: 60_000 });
    expect(node.output()).toMatch(/run-once-\S+\s+\d\/1\s+(Running|Completed)/);
    expect(node.output()).toContain(`! no image archives in ${directory}`);
    expect(await (await fetch('http://127.0.0.1:8888/')).text()).toContain('version 0.1.0');

    await copyFile(join(examples, 'tutorial/app-v0.2.0.yaml'), join(directory, 'app.yaml'));
    const served = async () => (await (await fetch('http://127.0.0.1:8888/')).text()).includes('version 0.2.0');
    await waitFor(served, { what: 'version 0.2.0', timeoutMs: 60_000 });

    const dataDirectory = /unix:\/\/(\S+)\/run\/containerd\.sock/.exec(node.output())![1]!;
    expect((await traces(dataDirectory)).length).toBeGreaterThan(0);
    node.child.kill('SIGINT');
    expect(await node.ended).toBe(0);
    expect(await traces(dataDirectory)).toEqual([]);
    const { bridge } = containerdLayout(join(dataDirectory, 'node'), join(dataDirectory, 'run'));
    expect(await readdir('/sys/class/net')).not.toContain(bridge);
    await expect(readdir(dataDirectory)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

const noIngress = await lacksIngress();
if (noIngress !== undefined) console.log(`up with Ingresses is skipped: ${noIngress}`);

describe.skipIf(noIngress !== undefined)('up --service-cluster-ip-range', () => {
  it('serves Ingresses where it is told to, and nothing of it stays', async () => {
    const [http = 0, https = 0] = await freePorts(2);
    const spec = { defaultBackend: { service: { name: 'nobody', port: { number: 80 } } } };
    await writeFile(
      join(directory, 'ingress.json'),
      JSON.stringify({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'all' }, spec }),
    );
    const services = [
      '--service-cluster-ip-range',
      '10.216.0.0/20',
      '--ingress-ports',
      `${http},${https}`,
      '--ingress-addresses',
      '127.0.0.1',
    ];
    const node = up('--ephemeral', ...services, directory);
    const status = async (): Promise<number> => (await fetch(`http://127.0.0.1:${http}/`)).status;
    // There is no such Service.
    await waitFor(async () => (await status().catch(() => 0)) === 503 || undefined, { what: 'the proxy', timeoutMs: 120_000 }).catch(
      (cause) => {
        throw new Error(node.output(), { cause });
      },
    );
    const dataDirectory = /unix:\/\/(\S+)\/run\/containerd\.sock/.exec(node.output())![1]!;
    node.child.kill('SIGINT');
    expect(await node.ended).toBe(0);
    expect(await traces(dataDirectory)).toEqual([]);
    await expect(status()).rejects.toThrow();
    expect((await run('nft', ['list', 'tables'])).stdout).not.toContain('10.216');
  });
});

describe('up', () => {
  it('leaves its Pods running, takes them over at the next start, and down ends them', async () => {
    const manifest = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web' },
      spec: { containers: [{ name: 'web', image: 'localhost/solo-kubelet/http:1' }] },
    };
    const manifests = join(directory, 'manifests');
    await run('mkdir', [manifests]);
    await writeFile(join(manifests, 'web.json'), JSON.stringify(manifest));
    const dataDirectory = join(directory, 'data');
    const once = () => up('--data-dir', dataDirectory, '--wait-ready', manifests);
    try {
      const first = once();
      expect(await first.ended, first.output()).toBe(0);
      const containers = async () => (await run('pgrep', ['-f', `containerd-shim.*${dataDirectory}`]).catch(() => ({ stdout: '' }))).stdout;
      const before = await containers();
      expect(before).not.toBe('');
      const second = once();
      expect(await second.ended, second.output()).toBe(0);
      expect(await containers()).toBe(before);
    } finally {
      await run(process.execPath, [kubeletBinary, 'down', '--data-dir', dataDirectory, '--purge']);
    }
    expect(await traces(dataDirectory)).toEqual([]);
  });
});
