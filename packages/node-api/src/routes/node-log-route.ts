import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { openRegular } from '@solo-kubelet/untrusted-files';
import { HttpError } from '../server/http-error.js';
import type { RequestContext, Route } from '../server/route.js';
import { journalArguments, type NodeLogOptions, parseNodeLogQuery } from './node-log-query.js';

export interface NodeLogRouteOptions {
  readonly logDirectory: string;
  /** `enableSystemLogQuery`: whether `?query=` finds files and records of the journal. */
  readonly queries: boolean;
}

const PLAIN = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' };

/** For all that one query asks of journalctl, ms, as upstream. */
const QUERY_TIMEOUT_MS = 30_000;

/** GET /logs/…, and POST of queries: the files of the node's log directory. Links that lead out of it are not followed. */
export const nodeLogRoute = ({ logDirectory, queries }: NodeLogRouteOptions): Route => {
  const handle = async (exchange: RequestContext): Promise<void> => {
    const path = exchange.params['*'] ?? '';
    const query = queries ? parseNodeLogQuery(exchange.query) : undefined;
    // A query may be long; a file is only ever read (kubernetes/kubernetes 138088).
    if (query === undefined && exchange.request.method === 'POST') throw new HttpError(405, '405: Method Not Allowed\n');
    if (query === undefined) return sendPath(logDirectory, path, exchange);
    if (path !== '') throw new HttpError(400, 'path not allowed in query mode');
    if (query.type === 'file') return sendPath(logDirectory, query.path, exchange);
    return sendServices(logDirectory, query.services, query.options, exchange);
  };
  return { methods: ['GET', 'POST'], path: '/logs/*', role: 'admin', subresources: ['log'], debugging: true, handle };
};

const sendPath = async (logDirectory: string, wanted: string, { response, signal }: RequestContext): Promise<void> => {
  const found = await find(logDirectory, wanted);
  if (found === undefined) throw new HttpError(404, '404 page not found\n');
  if (found.directory) {
    const entries = (await readdir(found.path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
    const links = entries.map((entry) => {
      const slash = entry.isDirectory() ? '/' : '';
      // A name may look like a scheme (`javascript:…`), a query or another host.
      return `<a href="./${encodeURIComponent(entry.name)}${slash}">${escapeHtml(entry.name)}${slash}</a>\n`;
    });
    response.writeHead(200, { ...PLAIN, 'Content-Type': 'text/html; charset=utf-8' });
    return void response.end(`<!doctype html>\n<pre>\n${links.join('')}</pre>\n`);
  }
  const file = await openRegular(found.path, { signal });
  response.writeHead(200, PLAIN);
  await pipeline(file.createReadStream(), response, { signal });
};

/** A file or directory below the log directory; undefined when it is neither, or leads elsewhere. */
const find = async (logDirectory: string, wanted: string): Promise<{ readonly path: string; readonly directory: boolean } | undefined> => {
  const root = await realpath(logDirectory);
  const path = await realpath(join(root, wanted)).catch(() => undefined);
  if (path === undefined || (path !== root && !path.startsWith(root + sep))) return undefined;
  const found = await stat(path);
  return found.isDirectory() || found.isFile() ? { path, directory: found.isDirectory() } : undefined;
};

/** Records of those services that the journal knows, then the log files of the others. What cannot be had is said in the text, as upstream does. */
const sendServices = async (
  logDirectory: string,
  services: readonly string[],
  options: NodeLogOptions,
  { response, signal: gone }: RequestContext,
): Promise<void> => {
  using joined = joinSignals([gone, timeoutSignal(QUERY_TIMEOUT_MS)]);
  const { signal } = joined;
  const units = await journalUnits(signal);
  const known = services.filter((service) => units.has(`${service}.service`));
  const others = services.filter((service) => !known.includes(service));
  response.writeHead(200, PLAIN);
  if (known.length > 0) {
    // Two pipelines listen to the answer at once.
    response.setMaxListeners(20);
    const journal = spawn('journalctl', journalArguments(known, options), { stdio: ['ignore', 'pipe', 'pipe'], signal });
    await Promise.all([copyOutput(journal, response), ended(journal)]);
  }
  if (others.length > 0 && Object.keys(options).length > 0) {
    response.write(`\noptions present and query resolved to log files for [${others.join(' ')}]\ntry without specifying options\n`);
  } else for (const service of others) await copyLogFile(logDirectory, service, response, signal);
  response.end();
};

const journalUnits = async (signal: AbortSignal): Promise<ReadonlySet<string>> => {
  try {
    const { stdout } = await promisify(execFile)('journalctl', ['--field', '_SYSTEMD_UNIT'], { signal, maxBuffer: 16 * 1024 * 1024 });
    return new Set(stdout.split('\n'));
  } catch {
    signal.throwIfAborted();
    return new Set(); // no journal here: perhaps there are files
  }
};

/** Both outputs, as they come. */
const copyOutput = async ({ stdout, stderr }: ChildProcess, response: RequestContext['response']): Promise<void> => {
  await Promise.all([stdout, stderr].map(async (stream) => stream && pipeline(stream, response, { end: false })));
};

/** However it ended: what it had to say is in its output. */
const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });

const copyLogFile = async (
  logDirectory: string,
  service: string,
  response: RequestContext['response'],
  signal: AbortSignal,
): Promise<void> => {
  for (const name of [service, `${service}.log`, `${service}/${service}.log`]) {
    const found = await find(logDirectory, name);
    if (found !== undefined && !found.directory) {
      const file = await openRegular(found.path, { signal });
      return pipeline(file.createReadStream(), response, { end: false, signal });
    }
  }
  response.write(`\nlog not found for ${service}\n`);
};

/** Control characters too: the page may be looked at in a terminal. */
const escapeHtml = (text: string): string => text.replace(/[&<>"'\p{Cc}]/gu, (character) => `&#${character.charCodeAt(0)};`);
