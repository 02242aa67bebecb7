import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { podUid } from '../core/pod-identity.js';
import { createPodLogs, type PodLogs } from './pod-logs.js';

let podLogsDir: string;
let logs: PodLogs;
beforeEach(async () => {
  podLogsDir = await mkdtemp(join(tmpdir(), 'pod-logs-'));
  logs = createPodLogs({ podLogsDir, containerLogsDir: '' });
});
afterEach(() => rm(podLogsDir, { recursive: true, force: true }));

it('deletes the logs of the pod with this UID, and of nobody whose UID only ends like it', async () => {
  for (const name of ['default_web_uid', 'default_other_a_uid', 'default_third_auid']) await mkdir(join(podLogsDir, name));
  await logs.removePod(podUid('uid'));
  expect((await readdir(podLogsDir)).sort()).toEqual(['default_other_a_uid', 'default_third_auid']);
  await logs.removePod(podUid('a_uid'));
  expect(await readdir(podLogsDir)).toEqual(['default_third_auid']);
});

it('deletes what somebody has put in the place of a log, and follows no link', async () => {
  const directory = join(podLogsDir, 'default_web_uid', 'app');
  await mkdir(join(directory, '0.log', 'a directory'), { recursive: true });
  await mkdir(join(podLogsDir, 'elsewhere'));
  await writeFile(join(podLogsDir, 'elsewhere', 'kept'), '');
  await symlink(join(podLogsDir, 'elsewhere'), join(directory, '0.log.20260101-000000'));
  for (const name of ['0.log.20260102-000000.gz', '0.logs']) await writeFile(join(directory, name), '');
  await logs.removeContainer({ containerId: 'c', logPath: join(directory, '0.log') });
  expect(await readdir(directory)).toEqual(['0.logs']);
  expect(await readdir(join(podLogsDir, 'elsewhere'))).toEqual(['kept']);
});
