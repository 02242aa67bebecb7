import { mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAuditLog } from './audit-log.js';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'audit-'));
});
afterEach(() => rm(directory, { recursive: true }));

const line = (requestUri: string) => ({
  requestUri,
  verb: 'get',
  user: { username: 'u', groups: [] },
  sourceIp: '192.0.2.7',
  userAgent: 'x'.repeat(2_000),
  code: 200,
  startMs: 0,
  endMs: 1,
});

it('writes lines that only its owner may read, each bounded', async () => {
  const path = join(directory, 'audit.log');
  const log = createAuditLog(path, silentLogger);
  log.record(line('/a'));
  log.record(line(`/${'b'.repeat(10_000)}`));
  await log.flush();
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  expect(lines.map((each) => JSON.parse(each))).toMatchObject([
    { requestURI: '/a', sourceIPs: ['192.0.2.7'], responseStatus: { code: 200 }, requestReceivedTimestamp: '1970-01-01T00:00:00.000000Z' },
    {},
  ]);
  for (const each of lines) expect(each.length).toBeLessThan(2_000);
});

it('moves a file that has grown large out of the way', async () => {
  const path = join(directory, 'audit.log');
  await writeFile(path, '');
  await truncate(path, 10 * 1024 * 1024 + 1);
  const log = createAuditLog(path, silentLogger);
  log.record(line('/a'));
  await log.flush();
  expect((await stat(`${path}.1`)).size).toBe(10 * 1024 * 1024 + 1);
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(2);
});

it('goes on when it cannot be written, and writes again when it can', async () => {
  const path = join(directory, 'later', 'audit.log');
  const log = createAuditLog(path, silentLogger);
  log.record(line('/lost'));
  await log.flush();
  await mkdir(join(directory, 'later'));
  log.record(line('/kept'));
  await log.flush();
  expect(await readFile(path, 'utf8')).toContain('/kept');
});
