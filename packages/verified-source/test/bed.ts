import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import { afterEach, beforeEach } from 'vitest';
import type { SourceDefinition } from '../src/core/source-definition.js';
import { type SourceStatus, type VerifiedSourceOptions, watchVerifiedSource } from '../src/index.js';

const lacks = ['minisign', 'ssh-keygen'].filter((program) => spawnSync(program, ['-?']).error !== undefined);
/** What of the programs that make signatures is not installed. */
export const lacking = lacks.length === 0 ? undefined : lacks.join(' and ');

export const pod = (name: string, image: string, namespace = 'default'): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: { containers: [{ name: app, image: "${image}" }] }\n`;

export const revision = (number: number, more = ''): string =>
  `apiVersion: solo-kubelet.dev/v1alpha1\nkind: SourceRevision\nspec:\n  revision: ${number}\n${more}---\n`;

/** A pair of minisign keys in a directory. */
export const minisignKeys = (directory: string, name = 'minisign') => {
  const [secret, pub] = [join(directory, `${name}.key`), join(directory, `${name}.pub`)];
  execFileSync('minisign', ['-G', '-W', '-f', '-s', secret, '-p', pub], { stdio: 'ignore' });
  const file = readFileSync(pub, 'utf8');
  return {
    publicKey: file.split('\n')[1] ?? '',
    publicKeyFile: pub,
    secretKey: secret,
    sign: (content: string | Uint8Array, comment?: string): string => {
      const path = join(directory, `${name}-signed`);
      writeFileSync(path, content);
      execFileSync('minisign', ['-S', '-s', secret, '-m', path, ...(comment === undefined ? [] : ['-t', comment])], { stdio: 'ignore' });
      return readFileSync(`${path}.minisig`, 'utf8');
    },
  };
};

/** A pair of ssh keys in a directory. */
export const sshKeys = (directory: string, name = 'ssh', type = 'ed25519') => {
  const secret = join(directory, name);
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'a publisher', '-f', secret], { stdio: 'ignore' });
  return {
    publicKey: readFileSync(`${secret}.pub`, 'utf8').trim(),
    publicKeyFile: `${secret}.pub`,
    sign: (content: string | Uint8Array, namespace = 'solo-kubelet'): string =>
      execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', secret, '-n', namespace], {
        input: content,
        stdio: ['pipe', 'pipe', 'ignore'],
      }).toString(),
  };
};

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A web server with what a test puts on it: texts are files with an ETag, functions answer by themselves. */
export const webServer = async (tls?: { readonly key: string; readonly cert: string; readonly ca?: string }) => {
  const files = new Map<string, string | Uint8Array | Answer>();
  const requests: IncomingMessage[] = [];
  const handle: Answer = (request, response) => {
    requests.push(request);
    const file = files.get((request.url ?? '').split('?', 1)[0] ?? '');
    if (file === undefined) return void response.writeHead(404).end();
    if (typeof file === 'function') return file(request, response);
    const etag = `"${Buffer.from(file).length}-${Buffer.from(file).reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7)}"`;
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end();
    response.writeHead(200, { etag }).end(file);
  };
  const server: Server =
    tls === undefined
      ? createServer(handle)
      : createHttpsServer({ ...tls, ...(tls.ca && { requestCert: true, rejectUnauthorized: true }) }, handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    files,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

export type WebServer = Awaited<ReturnType<typeof webServer>>;

/** For each test of a file: a directory of its own, a web server, and what is to be stopped before both go. */
export const useSite = () => {
  const site = { root: '', server: undefined as unknown as WebServer, stops: [] as (() => void)[] };
  beforeEach(async () => {
    site.root = await mkdtemp(join(tmpdir(), 'verified-source-'));
    site.server = await webServer();
    site.stops.push(site.server.close);
  });
  afterEach(async () => {
    for (const stop of site.stops.splice(0).reverse()) stop();
    await rm(site.root, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
  });
  return site;
};

export const definition = (given: Partial<SourceDefinition> & Pick<SourceDefinition, 'url'>): SourceDefinition => ({
  name: 'site-a',
  intervalMs: 30,
  jitter: 0,
  timeoutMs: 30_000,
  maxBytes: 3 << 20,
  maxImageBytes: 2 ** 34,
  require: 'signature',
  keys: [],
  keyFiles: [],
  sshNamespace: 'solo-kubelet',
  clusterScoped: true,
  priority: 0,
  labels: {},
  revisions: 'required',
  renewWithinMs: 0,
  ...given,
});

/** Follows a source, and lets a test wait for what it says; `stop` it at the end. */
export const follow = (
  source: SourceDefinition,
  options: Omit<VerifiedSourceOptions, 'source' | 'nodeName'>,
  onImages: (images: readonly string[]) => void = () => {},
) => {
  const events: ManifestEvent[] = [];
  const statuses: SourceStatus[] = [];
  const waiters = new Set<() => void>();
  let broken: unknown;
  const subscription = watchVerifiedSource({ source, nodeName: 'n', random: () => 0, ...options }).subscribe({
    next: (output) => {
      if (output.type === 'manifest') events.push(output.event);
      else if (output.type === 'status') statuses.push(output.status);
      else onImages(output.images);
      for (const wake of [...waiters]) wake();
    },
    error: (error: unknown) => {
      broken = error;
      for (const wake of [...waiters]) wake();
    },
  });
  return {
    events,
    statuses,
    last: () => statuses.at(-1),
    /** Images of the Pods that are asked for now, by name. */
    running: () => runningImages(events),
    until: (what: string, is: () => boolean): Promise<void> =>
      new Promise((resolve, reject) => {
        const wake = (): void => {
          if (broken === undefined && !is()) return;
          clearTimeout(timer);
          waiters.delete(wake);
          if (broken === undefined) resolve();
          else reject(broken instanceof Error ? broken : new Error(String(broken)));
        };
        const timer = setTimeout(
          () =>
            reject(new Error(`${what} never came; last was ${JSON.stringify(statuses.at(-1))}, events ${events.map(({ type }) => type)}`)),
          15_000,
        );
        waiters.add(wake);
        wake();
      }),
    stop: () => subscription.unsubscribe(),
  };
};

const runningImages = (events: readonly ManifestEvent[]): Readonly<Record<string, string>> => {
  const pods = new Map<number, readonly [string, string]>();
  for (const event of events) {
    if (event.type === 'applied') pods.set(event.origin.document, [event.pod.metadata.name, event.pod.spec.containers[0]?.image ?? '']);
    if (event.type === 'removed') pods.delete(event.origin.document);
  }
  return Object.fromEntries(pods.values());
};
