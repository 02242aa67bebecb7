import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SourceObject } from '@solo-kubelet/node-api';
import { writeLayer } from '@solo-kubelet/standalone-node/images';
import { imageNames } from '@solo-kubelet-tools/images';
import { kubeletBinary, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { freePorts } from '../api/free-port.js';
import { podManifest, SLEEP } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';

// A box that has its images from the same web server as its manifests: nginx, which is killed in the middle, and gone in the end.

const exec = promisify(execFile);
const lacking = [
  ['nginx', ['-v']],
  ['minisign', ['-v']],
].flatMap(([program, args]) => (spawnSync(program as string, args as string[]).error === undefined ? [] : [program]));
const WEB = 'registry.invalid/fleet/web:1';
const MORE = 'registry.invalid/fleet/more:1';
/** Of a layer that takes some seconds at the pace that nginx is told, bytes. */
const LAYER_BYTES = 24 << 20;

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Puts an OCI layout of an archive's image with one layer more into a directory, and tells the digests of its layers. */
const withLayer = async (
  archive: string,
  directory: string,
  layer: Buffer,
): Promise<{ readonly shared: readonly string[]; readonly own: string }> => {
  await mkdir(directory);
  execFileSync('tar', ['-C', directory, '-xf', archive]);
  const blob = (digest: string): string => join(directory, 'blobs', digest.replace(':', '/'));
  const read = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, 'utf8')) as T;
  const add = async (content: Buffer, mediaType: string): Promise<Descriptor> => {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    await writeFile(blob(digest), content);
    return { mediaType, digest, size: content.length };
  };
  let { manifests } = await read<{ readonly manifests: readonly Descriptor[] }>(join(directory, 'index.json'));
  let manifest: { readonly manifests?: readonly Descriptor[]; readonly config: Descriptor; readonly layers: readonly Descriptor[] };
  do {
    manifest = await read(blob(manifests[0]!.digest));
    manifests = manifest.manifests ?? [];
  } while (manifests.length > 0);
  const { config, layers } = manifest;
  const own = await add(layer, 'application/vnd.oci.image.layer.v1.tar');
  const before = await read<{ readonly rootfs: { readonly diff_ids: readonly string[] } }>(blob(config.digest));
  const rootfs = { ...before.rootfs, diff_ids: [...before.rootfs.diff_ids, own.digest] };
  const made = await add(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: await add(Buffer.from(JSON.stringify({ ...before, rootfs })), 'application/vnd.oci.image.config.v1+json'),
        layers: [...layers, own],
      }),
    ),
    'application/vnd.oci.image.manifest.v1+json',
  );
  await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [made] }));
  return { shared: layers.map(({ digest }) => digest.slice('sha256:'.length)), own: own.digest.slice('sha256:'.length) };
};

describe.skipIf(lacking.length > 0)(`images of a source${lacking.length === 0 ? '' : ` (needs ${lacking.join(', ')})`}`, () => {
  let directory: string;
  let node: TestNode;
  let port: number;
  let nginx: ChildProcess | undefined;
  const at = (...names: readonly string[]): string => join(directory, ...names);

  /** Debian's nginx over a directory, as slow as told. */
  const serve = async (rate = '0'): Promise<void> => {
    await mkdir(at('nginx'), { recursive: true });
    await writeFile(
      at('nginx.conf'),
      `daemon off; master_process off; user root; pid ${at('nginx/pid')}; error_log ${at('nginx/error.log')};
events {}
http {
  access_log ${at('nginx/access.log')};
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${at('nginx', name)};`).join(' ')}
  server { listen 127.0.0.1:${port}; root ${at('www')}; limit_rate ${rate}; }
}
`,
    );
    nginx = spawn('nginx', ['-c', at('nginx.conf'), '-e', at('nginx/error.log')], { stdio: 'ignore' });
    await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)) !== undefined || undefined, {
      what: 'nginx',
    });
  };
  const killServer = async (): Promise<void> => {
    const ended = new Promise((resolve) => nginx?.once('exit', resolve));
    nginx?.kill('SIGKILL');
    await ended;
    nginx = undefined;
  };
  const asked = async (): Promise<readonly string[]> =>
    (await readFile(at('nginx/access.log'), 'utf8')).split('\n').filter((line) => line.includes('GET /'));

  const cli = (...args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> =>
    exec(process.execPath, [kubeletBinary, ...args, '--socket', join(node.bed.directory, 'kubelet.sock')], { timeout: 120_000 }).then(
      (output) => ({ code: 0, ...output }),
      (error: { readonly code: number; readonly stdout: string; readonly stderr: string }) => error,
    );
  const source = async (): Promise<SourceObject | undefined> =>
    (await node.api.listSources({ signal: AbortSignal.timeout(15_000) })).find(({ name }) => name === 'site');
  const hasImage = async (name: string): Promise<boolean> =>
    (await node.bed.cri.images.listImages({})).images.some(({ repoTags }) => repoTags.includes(name));
  const pool = (): Promise<readonly string[]> =>
    readdir(join(node.bed.rootDirectory, 'manifests/sources/site/images')).catch(() => [] as string[]);

  const container = (image: string, text: string, imagePullPolicy: string) => ({
    name: 'app',
    image,
    imagePullPolicy,
    command: ['sh', '-c', `echo ${text}; ${SLEEP}`],
  });
  /** What an operator types. */
  const publish = async (revision: number, image: string, archive: string, policy: string): Promise<void> => {
    await rm(at('manifests'), { recursive: true, force: true });
    await mkdir(at('manifests'));
    await writeFile(
      at('manifests/web.yaml'),
      stringify(podManifest('web', { containers: [container(image, `revision ${revision}`, policy)] })),
    );
    const made = await cli(
      ...['bundle', 'create', at('manifests'), '--layout', at('www/site'), '--image', `${image}=${archive}`],
      ...['--revision', String(revision), '--key', at('site.key')],
    );
    expect(made.code, made.stderr).toBe(0);
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'source-images-'));
    for (const name of ['sources.d', 'www']) await mkdir(at(name));
    [port = 0] = await freePorts(1);
    execFileSync('minisign', ['-G', '-W', '-s', at('site.key'), '-p', at('site.pub')], { stdio: 'ignore' });
    const spec = { url: `http://127.0.0.1:${port}/site/manifests.tar`, interval: '5s', verification: { keyFiles: [at('site.pub')] } };
    await writeFile(
      at('sources.d/site.yaml'),
      stringify({ apiVersion: 'solo-kubelet.dev/v1alpha1', kind: 'ManifestSource', metadata: { name: 'site' }, spec }),
    );
    node = await startNode({ flags: ['--source-dir', at('sources.d')] });
    // busybox with a large layer more, which no registry has.
    await node.bed.containerd.ctr(['images', 'export', at('busybox.tar'), imageNames.busybox]);
    await serve();
  });
  afterAll(async () => {
    if (nginx !== undefined) await killServer();
    await node?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
    expect(await node?.bed.leaks()).toEqual([]);
  });

  it('brings an image of the web server in before the Pod that needs it, which never pulls', async () => {
    await publish(1, WEB, at('busybox.tar'), 'Never');
    await node.pod('web', isRunning);
    expect(await source()).toMatchObject({ state: 'Ready', revision: 1, images: [WEB] });
    expect(await pool()).toEqual([]);
    expect((await cli('images', 'prune')).stdout).not.toContain('fleet');
    expect(await hasImage(WEB)).toBe(true);
    // All that busybox consists of was in the runtime already, but for its documents.
    const layers = (await asked()).filter((line) => line.includes('/blobs/'));
    expect(layers.length).toBeLessThanOrEqual(4);
  });

  it('goes on where it was after the server and the kubelet were killed, and what runs, runs on', async () => {
    const before = (await node.pod('web', isRunning)).status?.containerStatuses?.[0]?.containerID;
    const layer = await writeLayer([{ type: 'file', path: 'large', content: randomBytes(LAYER_BYTES) }]);
    const { shared, own } = await withLayer(at('busybox.tar'), at('more'), layer);
    await killServer();
    await rm(at('nginx/access.log'));
    await serve('3m');
    await publish(2, MORE, at('more'), 'IfNotPresent');
    const partial = join(node.bed.rootDirectory, `manifests/sources/site/images/sha256-${own}.partial`);
    const fetched = async (): Promise<number> => (await stat(partial).catch(() => undefined))?.size ?? 0;
    await waitFor(async () => (await fetched()) > 4 << 20 || undefined, { what: 'some of the layer', timeoutMs: 60_000 });
    // Progress is told every two seconds.
    const told = /ImagesPending: revision 2: 0 of 1 image is here, [\d.]+ MiB of 2\d\.\d MiB fetched/;
    await waitFor(
      async () => {
        const waiting = await cli('sources');
        return (waiting.code === 1 && told.test(waiting.stdout)) || undefined;
      },
      { what: 'progress in sources' },
    );
    await killServer();
    await node.restartKubelet('SIGKILL');
    const had = await fetched();
    expect(had).toBeGreaterThan(4 << 20);
    await serve();
    await waitFor(async () => (await source())?.revision === 2 || undefined, { what: 'revision 2', timeoutMs: 120_000 });
    await waitFor(async () => (await node.log('web')).includes('revision 2') || undefined, { what: 'the new Pod', timeoutMs: 60_000 });
    const now = (await node.pod('web', isRunning)).status?.containerStatuses?.[0]?.containerID;
    expect(now).not.toBe(before);
    // What was here did not come again (nginx, killed, told nothing of what it was at), nor did the layers that the runtime held.
    const answers = (await asked()).filter((line) => line.includes(own)).map((line) => /" (\d+) (\d+) /.exec(line));
    expect(answers.map((answer) => answer?.[1])).toEqual(answers.map(() => '206'));
    const again = answers.reduce((sum, answer) => sum + Number(answer?.[2]), 0);
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThanOrEqual(layer.length - had);
    for (const digest of shared) expect((await asked()).filter((line) => line.includes(digest))).toEqual([]);
    expect(await pool()).toEqual([]);
  });

  it('starts the Pod again on a box that has no network any more', async () => {
    await killServer();
    await node.restartKubelet('SIGKILL');
    await waitFor(async () => (await source())?.state === 'Stale' || undefined, { what: 'the end of the network', timeoutMs: 60_000 });
    await node.exec('web', 'kill 1');
    await node.pod('web', (pod) => isRunning(pod) && (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0);
    expect(await node.log('web')).toContain('revision 2');
    expect((await source())?.images).toContain(MORE);
  });
});
