import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
  it('follows the sources of its data directory, and takes the images in that they have', async () => {
    const path = join(images, 'small.tar');
    const archive = await readFile(path);
    const index = JSON.parse((await run('tar', ['-xOf', path, 'index.json'])).stdout) as {
      readonly manifests: readonly { readonly digest: string; readonly annotations: Readonly<Record<string, string>> }[];
    };
    const busybox = index.manifests.find(({ annotations }) => annotations['io.containerd.image.name']?.includes('/busybox:'));
    const site = createServer((request, response) => {
      if (request.url === '/archives/web.tar') return void response.end(archive);
      return void response.writeHead(request.url === '/site.yaml' ? 200 : 404).end(manifest);
    });
    const sum = createHash('sha256').update(archive).digest('hex');
    const image = 'registry.invalid/of-the-source:1';
    const manifest = `apiVersion: solo-kubelet.dev/v1alpha1
kind: SourceRevision
spec:
  revision: 1
  images:
  - name: ${image}
    digest: ${busybox?.digest}
    archive: { url: archives/web.tar, digest: "sha256:${sum}", size: ${archive.length} }
---
apiVersion: v1
kind: Pod
metadata: { name: from-a-source }
spec: { containers: [{ name: web, image: "${image}", imagePullPolicy: Never, command: [sleep, "1000"] }] }
`;
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    const [dataDirectory, manifests] = [join(directory, 'data'), join(directory, 'manifests')];
    await mkdir(join(dataDirectory, 'sources.d'), { recursive: true });
    await mkdir(manifests);
    await writeFile(
      join(dataDirectory, 'sources.d/site.yaml'),
      `apiVersion: solo-kubelet.dev/v1alpha1
kind: ManifestSource
metadata: { name: site }
spec: { url: "http://127.0.0.1:${(site.address() as AddressInfo).port}/site.yaml", require: none, interval: 5s }
`,
    );
    const node = up('--data-dir', dataDirectory, manifests);
    const cli = (...args: readonly string[]) => {
      const runDirectory = /unix:\/\/(\S+)\/containerd\.sock/.exec(node.output())?.[1] ?? '';
      return run(process.execPath, [kubeletBinary, ...args, '--socket', join(runDirectory, 'kubelet.sock')]).then(({ stdout }) => stdout);
    };
    try {
      await waitFor(async () => /from-a-source-\S+\s+1\/1\s+Running/.test(await cli('get', 'pods').catch(() => '')) || undefined, {
        what: 'the Pod of the source',
        timeoutMs: 120_000,
      }).catch((cause) => {
        throw new Error(node.output(), { cause });
      });
      expect(await cli('sources')).toMatch(/^site +Ready +1 /m);
    } finally {
      node.child.kill('SIGINT');
      await node.ended;
      await run(process.execPath, [kubeletBinary, 'down', '--data-dir', dataDirectory, '--purge']);
      site.closeAllConnections();
      site.close();
    }
    expect(await traces(dataDirectory)).toEqual([]);
  });

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
