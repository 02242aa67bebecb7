import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask, startApi, type TestApi } from './api.js';

let directory: string;
let test: TestApi;

/** A journal that knows one unit and answers with what it was asked. */
const JOURNALCTL = '#!/bin/sh\ncase "$*" in *_SYSTEMD_UNIT*) echo known.service;; *) echo "asked $*"; echo "and said" >&2;; esac\n';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-node-logs-'));
  await mkdir(join(directory, 'bin'));
  await writeFile(join(directory, 'bin/journalctl'), JOURNALCTL, { mode: 0o755 });
  await mkdir(join(directory, 'log/app'), { recursive: true });
  await writeFile(join(directory, 'log/app/app.log'), 'of the app\n');
  await writeFile(join(directory, 'log/syslog'), 'of the system\n');
  await symlink('/etc/passwd', join(directory, 'log/secret.log'));
  vi.stubEnv('PATH', `${join(directory, 'bin')}:${process.env['PATH']}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await test[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const start = async (nodeLogQueries: boolean): Promise<void> => {
  test = await startApi({ socket: { path: join(directory, 'api.sock') }, nodeLogDirectory: join(directory, 'log'), nodeLogQueries });
};
const get = async (path: string) => {
  const { status, body } = await ask({ socketPath: join(directory, 'api.sock'), path });
  return [status, body];
};

describe('/logs', () => {
  it('finds the records of services in the journal, and else their log files', async () => {
    await start(true);
    const [status, body] = await get('/logs/?query=known&tailLines=3');
    expect(status).toBe(200);
    expect(body).toContain('asked --utc --no-pager --output=short-precise --lines=3 --unit=known\n');
    expect(body).toContain('and said\n');
    expect(await get('/logs?query=app')).toEqual([200, 'of the app\n']);
    expect(await get('/logs/?query=syslog&query=nowhere')).toEqual([200, 'of the system\n\nlog not found for nowhere\n']);
    expect(await get('/logs/?query=app&boot=0')).toEqual([
      200,
      '\noptions present and query resolved to log files for [app]\ntry without specifying options\n',
    ]);
  });

  it('finds one file by a query, and nothing outside the log directory', async () => {
    await start(true);
    expect(await get('/logs/?query=/app/app.log')).toEqual([200, 'of the app\n']);
    expect(await get('/logs/?query=/../bin/journalctl')).toEqual([404, '404 page not found\n']);
    expect(await get('/logs/?query=secret')).toEqual([200, '\nlog not found for secret\n']);
    expect(await get('/logs/app?query=app')).toEqual([400, 'path not allowed in query mode']);
    expect(await get('/logs/?query=a%20b')).toEqual([400, 'query: Invalid value: "a b": input contains unsupported characters']);
    expect(await get('/logs/syslog')).toEqual([200, 'of the system\n']);
  });

  it('lists a name that looks like a scheme or markup as a file of the directory', async () => {
    await writeFile(join(directory, 'log/javascript:alert(1)'), '');
    await writeFile(join(directory, 'log/<b>\u001b[2J"\'?x#'), '');
    await start(false);
    const [, body] = await get('/logs/');
    expect(body).toContain('<a href="./javascript%3Aalert(1)">javascript:alert(1)</a>\n');
    expect(body).toContain('<a href="./%3Cb%3E%1B%5B2J%22\'%3Fx%23">&#60;b&#62;&#27;[2J&#34;&#39;?x#</a>\n');
    expect(body).toContain('<a href="./app/">app/</a>\n');
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('is only read, and asked: %s', async (method) => {
    await start(true);
    const status = async (path: string) => (await ask({ socketPath: join(directory, 'api.sock'), path, method })).status;
    expect(await status('/logs/syslog')).toBe(405);
    expect(await status('/containerLogs/default/web/app')).toBe(405);
    expect(await status('/logs/?query=app')).toBe(method === 'POST' ? 200 : 405);
  });

  it('takes no heed of queries unless they are switched on', async () => {
    await start(false);
    expect(await get('/logs/syslog?query=known')).toEqual([200, 'of the system\n']);
  });
});
