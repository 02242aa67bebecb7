import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import { AwsV4Signer } from 'aws4fetch';

/** Credentials that the S3-compatible server knows. */
export const S3_ACCOUNT = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' } as const;

/**
 * An S3-compatible server that verifies signatures of version 4, by code that is not ours; it keeps its objects in a directory. `serviceEndpoint`: a domain, below
 * which `BUCKET.s3.` is the host of a bucket.
 */
export const bucketServer = async (directory: string, bucket: string, options: { readonly serviceEndpoint?: string } = {}) => {
  await mkdir(directory, { recursive: true });
  const s3 = new S3rver({ directory, silent: true, configureBuckets: [{ name: bucket }], ...options });
  await s3.configureBuckets();
  const requests: { readonly path: string; readonly status: number; readonly authorization: string | undefined }[] = [];
  const handle = s3.callback();
  const server = createServer((request, response) => {
    const { url: path = '', headers } = request;
    response.on('finish', () => requests.push({ path, status: response.statusCode, authorization: headers.authorization }));
    handle(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const send = async (method: string, key: string, body?: string | Uint8Array): Promise<void> => {
    const url = `${endpoint}/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
    const signed = await new AwsV4Signer({ method, url, ...S3_ACCOUNT, service: 's3', region: 'us-east-1' }).sign();
    const answer = await fetch(url, { method, headers: signed.headers, ...(body !== undefined && { body }) });
    if (!answer.ok) throw new Error(`${method} ${key}: ${answer.status} ${await answer.text()}`);
  };
  return {
    endpoint,
    requests,
    put: (key: string, content: string | Uint8Array) => send('PUT', key, content),
    remove: (key: string) => send('DELETE', key),
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

/** Why there is no registry on this machine; undefined: there is one. */
export const registryLacking =
  spawnSync('docker-registry', ['--version']).error === undefined ? undefined : 'docker-registry (of the Debian package of that name)';

const freePort = async (): Promise<number> => {
  const server = createNetServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const digestOf = (bytes: string | Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export interface PushedFile {
  readonly title?: string;
  readonly content: string | Uint8Array;
  readonly mediaType?: string;
}

/** What puts artifacts into a registry. `login`: an authorization. */
export const registryPusher = (url: string, login?: string) => {
  const headers: Record<string, string> = login === undefined ? {} : { authorization: login };
  const send = async (method: string, path: string, body: string | Uint8Array | undefined, type: string): Promise<Response> => {
    const answer = await fetch(new URL(path, url), {
      method,
      headers: { ...headers, 'content-type': type },
      ...(body !== undefined && { body }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const blob = async (repository: string, content: string | Uint8Array): Promise<{ readonly digest: string; readonly size: number }> => {
    const digest = digestOf(content);
    const started = await send('POST', `/v2/${repository}/blobs/uploads/`, '', 'application/octet-stream');
    const location = new URL(started.headers.get('location') ?? '', url);
    location.searchParams.set('digest', digest);
    await send('PUT', location.href, content, 'application/octet-stream');
    return { digest, size: Buffer.from(content).length };
  };
  return {
    /** Pushes an artifact as `oras push` does; gives its digest. `subject`: what it refers to, as `oras attach` says it. */
    push: async (repository: string, reference: string | undefined, files: readonly PushedFile[], more: object = {}): Promise<string> => {
      const config = { mediaType: 'application/vnd.oci.empty.v1+json', ...(await blob(repository, '{}')) };
      const layers: object[] = [];
      for (const { title, content, mediaType = 'application/vnd.oci.image.layer.v1.tar' } of files) {
        const annotations = title === undefined ? {} : { annotations: { 'org.opencontainers.image.title': title } };
        layers.push({ mediaType, ...(await blob(repository, content)), ...annotations });
      }
      const mediaType = 'application/vnd.oci.image.manifest.v1+json';
      const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config, layers, ...more });
      await send('PUT', `/v2/${repository}/manifests/${reference ?? digestOf(manifest)}`, manifest, mediaType);
      return digestOf(manifest);
    },
    /** Tags an index of what refers to an artifact, as clients do for registries without referrers. */
    refer: async (repository: string, digest: string, referrers: readonly object[]): Promise<void> => {
      const mediaType = 'application/vnd.oci.image.index.v1+json';
      const index = JSON.stringify({ schemaVersion: 2, mediaType, manifests: referrers });
      await send('PUT', `/v2/${repository}/manifests/${digest.replace(':', '-')}`, index, mediaType);
    },
    sizeOf: async (repository: string, digest: string): Promise<number> => {
      const answer = await fetch(`${url}/v2/${repository}/manifests/${digest}`, {
        headers: { ...headers, accept: 'application/vnd.oci.image.manifest.v1+json' },
      });
      return (await answer.arrayBuffer()).byteLength;
    },
  };
};

/** Debian's docker-registry on a port of this machine. `auth`: that section of its configuration; `tls`: files. */
export const registryServer = async (
  directory: string,
  {
    auth,
    tls,
    login,
  }: { readonly auth?: object; readonly tls?: { readonly cert: string; readonly key: string }; readonly login?: string } = {},
) => {
  await mkdir(directory, { recursive: true });
  const port = await freePort();
  const config = join(directory, 'config.yml');
  await writeFile(
    config,
    JSON.stringify({
      version: '0.1',
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } },
      http: { addr: `127.0.0.1:${port}`, ...(tls && { tls: { certificate: tls.cert, key: tls.key } }) },
      ...(auth && { auth }),
    }),
  );
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  await once(child, 'spawn');
  const host = `127.0.0.1:${port}`;
  const url = `${tls === undefined ? 'http' : 'https'}://${host}`;
  const isUp = async (): Promise<boolean> =>
    tls === undefined
      ? fetch(`${url}/v2/`).then(
          () => true,
          () => false,
        )
      : true;
  while (!(await isUp())) if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`);

  return {
    host,
    url,
    ...registryPusher(url, login),
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
};
