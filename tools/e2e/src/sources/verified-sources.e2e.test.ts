import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SourceObject } from '@solo-kubelet/node-api';
import { kubeletBinary, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { bucketServer, registryPusher, S3_ACCOUNT } from '../../../../packages/verified-source/test/real-places.js';
import { freePorts } from '../api/free-port.js';
import { sleeper } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { REGISTRY_PASSWORD, REGISTRY_USER, startRegistry, type TestRegistry } from '../lifecycle/registry.js';

const exec = promisify(execFile);
const lacking = ['nginx', 'minisign', 'ssh-keygen', 'openssl'].filter((program) => spawnSync(program, ['-v']).error !== undefined);

let directory: string;
let web: Awaited<ReturnType<typeof startNginx>>;
let bucket: Awaited<ReturnType<typeof bucketServer>>;
let registry: TestRegistry;
let node: TestNode;

/** A real nginx that serves a directory over https, with a certificate of its own. */
const startNginx = async (root: string, tls: { readonly cert: string; readonly key: string }) => {
  const [port] = await freePorts(1);
  const config = join(directory, 'nginx.conf');
  await writeFile(
    config,
    `pid ${directory}/nginx.pid; daemon off; master_process off; error_log ${directory}/error.log; events {}
http { access_log ${directory}/access.log; client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
 fastcgi_temp_path ${directory}/fastcgi; uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
 server { listen 127.0.0.1:${port} ssl; ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key}; root ${root};
  location = /drip.yaml { if (-f ${directory}/drip) { limit_rate_after 500; set $limit_rate 1; } } } }`,
  );
  const start = async () => {
    const child = spawn('nginx', ['-c', config, '-p', directory], { stdio: 'ignore' });
    await once(child, 'spawn');
    return child;
  };
  let child = await start();
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  return {
    url: `https://127.0.0.1:${port}`,
    stop,
    start: async () => {
      child = await start();
    },
  };
};

describe.skipIf(lacking.length > 0)(`verified sources${lacking.length === 0 ? '' : ` (needs ${lacking.join(', ')})`}`, () => {
  const inSite = (name: string): string => join(directory, 'site', name);
  /** Puts a file on the server in one step. */
  const publish = async (name: string, content: string): Promise<void> => {
    await writeFile(inSite(`.${name}`), content);
    await rename(inSite(`.${name}`), inSite(name));
  };
  const site = (revision: number, ...pods: readonly object[]): string =>
    [{ apiVersion: 'solo-kubelet.dev/v1alpha1', kind: 'SourceRevision', spec: { revision } }, ...pods]
      .map((one) => stringify(one))
      .join('---\n');
  const sign = (name: string): void => {
    execFileSync('minisign', ['-S', '-s', join(directory, 'site.key'), '-m', inSite(name)], { stdio: 'ignore' });
  };
  const sources = (): Promise<readonly SourceObject[]> => node.api.listSources({ signal: AbortSignal.timeout(15_000) });
  const source = (name: string, reached: (one: SourceObject) => boolean): Promise<SourceObject> =>
    waitFor(async () => (await sources()).find((one) => one.name === name && reached(one)), { what: `source ${name}`, timeoutMs: 90_000 });
  const cli = async (...args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> => {
    const called = exec(process.execPath, [kubeletBinary, ...args, '--socket', join(node.bed.directory, 'kubelet.sock')], {
      timeout: 60_000,
    });
    return called.then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { readonly code: number; readonly stdout: string }) => ({ code: error.code, stdout: error.stdout }),
    );
  };

  const login = `Basic ${Buffer.from(`${REGISTRY_USER}:${REGISTRY_PASSWORD}`).toString('base64')}`;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sources-'));
    const [sourceDirectory, tls] = [join(directory, 'sources.d'), { key: join(directory, 'tls.key'), cert: join(directory, 'tls.pem') }];
    await mkdir(sourceDirectory);
    await mkdir(join(directory, 'site'));
    execFileSync('minisign', ['-G', '-W', '-s', join(directory, 'site.key'), '-p', join(directory, 'site.pub')], { stdio: 'ignore' });
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, 'ssh')], { stdio: 'ignore' });
    const names = ['-subj', '/CN=site', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', tls.key, '-out', tls.cert, ...names],
      {
        stdio: 'ignore',
      },
    );
    web = await startNginx(join(directory, 'site'), tls);
    const describe = (name: string, spec: object): Promise<void> =>
      writeFile(
        join(sourceDirectory, `${name}.yaml`),
        stringify({
          apiVersion: 'solo-kubelet.dev/v1alpha1',
          kind: 'ManifestSource',
          metadata: { name },
          spec: { url: `${web.url}/${name}.yaml`, interval: '5s', tls: { caFile: tls.cert }, ...spec },
        }),
      );
    await describe('site', { verification: { keyFiles: [join(directory, 'site.pub')] }, labels: { from: 'site' } });
    await describe('ops', { verification: { keyFiles: [join(directory, 'ssh.pub')] }, priority: 10, namespaces: ['default'] });
    await describe('drip', { verification: { keyFiles: [join(directory, 'site.pub')] }, timeout: '5s' });
    bucket = await bucketServer(join(directory, 's3'), 'fleet');
    registry = await startRegistry(join(directory, 'registry'), { login: true });
    const own = { tls: undefined, verification: { keyFiles: [join(directory, 'site.pub')] } };
    const credentialsFile = join(directory, 'aws-credentials');
    const { accessKeyId, secretAccessKey } = S3_ACCOUNT;
    await writeFile(credentialsFile, `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`);
    await describe('bucket', { ...own, url: 's3://fleet/boxes/', s3: { endpoint: bucket.endpoint, credentialsFile } });
    await describe('artifact', { ...own, url: `oci://${registry.host}/fleet/site:stable`, oci: { plainHTTP: true } });
    await publish('site.yaml', site(1, sleeper('web'), sleeper('shared')));
    sign('site.yaml');
    const auth = login.slice('Basic '.length);
    node = await startNode({
      flags: ['--source-dir', sourceDirectory],
      prepare: async ({ rootDirectory }) => {
        await mkdir(rootDirectory, { recursive: true });
        await writeFile(join(rootDirectory, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
      },
    });
  });
  afterAll(async () => {
    await node?.[Symbol.asyncDispose]();
    await web?.stop();
    await bucket?.close();
    await registry?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  it('runs what is signed, refuses what is not, and boots without the network', async () => {
    const first = await node.pod('web', isRunning);
    expect(first.metadata.labels).toMatchObject({ from: 'site' });
    expect(await source('site', ({ state }) => state === 'Ready')).toMatchObject({
      revision: 1,
      verifiedBy: expect.stringMatching(/^minisign /),
    });
    expect((await node.api.listEvents({ signal: AbortSignal.timeout(15_000) })).map(({ reason }) => reason)).toContain('SourceUpdated');

    // The next revision, whose signature does not belong to it.
    const containerOf = async () => (await node.pod('web', isRunning)).status?.containerStatuses?.[0]?.containerID;
    const before = await containerOf();
    await publish('site.yaml', site(2, sleeper('evil'), sleeper('shared')));
    const refused = await source('site', ({ state }) => state === 'Stale');
    expect(refused).toMatchObject({ reason: 'SignatureInvalid', revision: 1, refused: true });
    const shown = await cli('sources', 'site');
    expect(shown.code).toBe(3);
    expect(shown.stdout).toMatch(/^site\s+Stale\s+1\s+minisign [0-9A-F]{16}\s.*SignatureInvalid: /m);
    expect(await containerOf()).toBe(before);

    // No network at all, and a kubelet that starts anew: what ran runs on.
    await web.stop();
    await node.restartKubelet();
    await source('site', ({ reason }) => reason === 'Unreachable');
    expect(await containerOf()).toBe(before);
    const events = await node.api.listEvents({ signal: AbortSignal.timeout(15_000) });
    expect(events.map(({ reason }) => reason)).toContain('SourceRestored');

    // The network is back, with what was meant to be published.
    sign('site.yaml');
    await web.start();
    await source('site', ({ state, revision }) => state === 'Ready' && revision === 2);
    await node.gone('web');
    await node.pod('evil', isRunning);
  });

  it('a source of a higher priority takes a name over, and gives it back', async () => {
    const shared = await node.pod('shared', isRunning);
    expect(shared.metadata.labels).toMatchObject({ from: 'site' });
    const content = site(1, sleeper('shared', { env: [{ name: 'OF', value: 'ops' }] }));
    await publish('ops.yaml', content);
    execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', join(directory, 'ssh'), '-n', 'solo-kubelet', inSite('ops.yaml')], {
      stdio: 'ignore',
    });
    expect(await source('ops', ({ state }) => state === 'Ready')).toMatchObject({
      verifiedBy: expect.stringMatching(/^ssh-ed25519 SHA256:/),
    });
    await node.pod('shared', (pod) => isRunning(pod) && pod.spec.containers[0]?.env?.[0]?.value === 'ops');
    await rm(inSite('ops.yaml.sig'));
    await publish('ops.yaml', `${site(2)}---\napiVersion: v1\nkind: List\nitems: []\n`);
    execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', join(directory, 'ssh'), '-n', 'solo-kubelet', inSite('ops.yaml')], {
      stdio: 'ignore',
    });
    await node.pod('shared', (pod) => isRunning(pod) && pod.metadata.labels?.['from'] === 'site');
    expect((await cli('sources', 'site', 'ops')).code).toBe(0);
  });

  it('a server that gives a byte a second is given up, with the reason, and what runs, runs on', async () => {
    await publish('drip.yaml', site(1, sleeper('drip')));
    sign('drip.yaml');
    await source('drip', ({ state }) => state === 'Ready');
    const containerOf = async () => (await node.pod('drip', isRunning)).status?.containerStatuses?.[0]?.containerID;
    const before = await containerOf();
    await writeFile(join(directory, 'drip'), '');
    // nginx gives its head as slowly, but for the first 500 bytes.
    await publish('drip.yaml', `${site(2, sleeper('drip'), sleeper('dropped'))}# ${'x'.repeat(2_000)}\n`);
    sign('drip.yaml');
    const slow = await source('drip', ({ state }) => state === 'Stale');
    expect(slow).toMatchObject({
      reason: 'TooSlow',
      revision: 1,
      message: expect.stringMatching(/had sent \d+ bytes? of its answer after 5 s/),
    });
    expect((await cli('sources', 'drip')).code).toBe(1);
    expect(await containerOf()).toBe(before);
    await rm(join(directory, 'drip'));
    await source('drip', ({ state, revision }) => state === 'Ready' && revision === 2);
    await node.pod('dropped', isRunning);
    expect(await containerOf()).toBe(before);
  });

  it('takes the manifests below a prefix of a bucket, as their signed list of sums names them', async () => {
    const inBox = (name: string): string => join(directory, 'boxes', name);
    await mkdir(join(directory, 'boxes'));
    for (const name of ['one', 'two']) await writeFile(inBox(`${name}.yaml`), stringify(sleeper(`box-${name}`)));
    const list = execFileSync('sha256sum', ['one.yaml', 'two.yaml'], { cwd: join(directory, 'boxes') });
    await writeFile(inBox('SHA256SUMS'), list);
    execFileSync('minisign', ['-S', '-s', join(directory, 'site.key'), '-m', inBox('SHA256SUMS')], { stdio: 'ignore' });
    for (const name of ['one.yaml', 'two.yaml', 'SHA256SUMS.minisig', 'SHA256SUMS'])
      await bucket.put(`boxes/${name}`, await readFile(inBox(name)));
    await node.pod('box-one', isRunning);
    await node.pod('box-two', isRunning);
    expect(await source('bucket', ({ state }) => state === 'Ready')).toMatchObject({ verifiedBy: expect.stringMatching(/^minisign /) });
    await bucket.put('boxes/one.yaml', stringify(sleeper('box-evil')));
    const idle = bucket.requests.length;
    await waitFor(async () => bucket.requests.slice(idle).some(({ status }) => status === 304) || undefined, { what: 'an idle check' });
    expect((await cli('sources', 'bucket')).code).toBe(0);
  });

  it('takes an artifact of a registry, with the credentials that images are pulled with', async () => {
    const content = site(1, sleeper('pushed'));
    await writeFile(join(directory, 'artifact.yaml'), content);
    execFileSync('minisign', ['-S', '-s', join(directory, 'site.key'), '-m', join(directory, 'artifact.yaml')], { stdio: 'ignore' });
    await registryPusher(`http://${registry.host}`, login).push('fleet/site', 'stable', [
      { title: 'artifact.yaml', content },
      { title: 'artifact.yaml.minisig', content: await readFile(join(directory, 'artifact.yaml.minisig')) },
    ]);
    await node.pod('pushed', isRunning);
    expect(await source('artifact', ({ state }) => state === 'Ready')).toMatchObject({ revision: 1 });
  });

  it('asks for next to nothing while nothing changes', async () => {
    const log = await readFile(join(directory, 'access.log'), 'utf8');
    const idle = log.split('\n').filter((line) => line.includes('" 304 '));
    expect(idle.length).toBeGreaterThan(0);
  });
});
