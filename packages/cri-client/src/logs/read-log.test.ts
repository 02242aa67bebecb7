import { appendFile, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CriClient, createCriClient } from '../create-cri-client.js';
import { type ContainerScript, createFakeCri, type FakeCri } from '../testing/index.js';
import { followLog, type LogRecord, readLog } from './read-log.js';

let directory: string;
let fake: FakeCri;
let cri: CriClient;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-records-'));
});
afterEach(async () => {
  await cri.close();
  await fake.close();
  await rm(directory, { recursive: true, force: true });
});

const start = async (script: ContainerScript): Promise<string> => {
  fake = await createFakeCri({ images: [{ tags: ['app:1'] }], containers: () => script });
  cri = createCriClient({ endpoint: fake.endpoint });
  const sandboxConfig = { metadata: { name: 'web', namespace: 'default', uid: 'u1' }, logDirectory: directory };
  const { podSandboxId } = await cri.runtime.runPodSandbox({ config: sandboxConfig });
  const config = { metadata: { name: 'app' }, image: { image: 'app:1' }, logPath: '0.log' };
  const { containerId } = await cri.runtime.createContainer({ podSandboxId, config, sandboxConfig });
  await cri.runtime.startContainer({ containerId });
  return containerId;
};

const texts = async (records: AsyncIterable<LogRecord>): Promise<readonly string[]> => {
  const all: string[] = [];
  for await (const { stream, content, partial } of records) all.push(`${stream}${partial ? '…' : ':'} ${content}`);
  return all;
};

it('gives each record with its stream and its time, in order', async () => {
  const output = [
    { atMs: 0, text: 'one\n' },
    { atMs: 0, stream: 'stderr' as const, text: 'two\n\n' },
    { atMs: 0, text: `${'x'.repeat(16 * 1024 + 1)}\n` },
  ];
  const containerId = await start({ output });
  expect(await texts(readLog(cri, { containerId }))).toEqual([
    'stdout: one',
    'stderr: two',
    'stderr: ',
    `stdout… ${'x'.repeat(16 * 1024)}`,
    'stdout: x',
  ]);
  expect(await texts(readLog(cri, { containerId, stream: 'stderr', tailLines: 2 }))).toEqual(['stderr: two', 'stderr: ']);
  for await (const { time } of readLog(cri, { containerId })) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
});

it('leaves out lines that began too early, with all of their pieces', async () => {
  const containerId = await start({ output: [] });
  const line = (second: number, tag: string, text: string): string => `2026-01-02T03:04:0${second}.5Z stdout ${tag} ${text}\n`;
  await writeFile(join(directory, '0.log'), `${line(1, 'P', 'a') + line(3, 'F', 'b')}no record\n${line(4, 'F', 'c')}`);
  expect(await texts(readLog(cri, { containerId, sinceMs: Date.parse('2026-01-02T03:04:02Z') }))).toEqual(['stdout: c']);
});

it('follows a container across a rotation to its end', async () => {
  const containerId = await start({ output: [{ atMs: 0, text: 'one\n' }] });
  const seen: string[] = [];
  for await (const { content } of followLog(cri, { containerId })) {
    seen.push(content.toString());
    if (seen.length === 1) {
      await rename(join(directory, '0.log'), join(directory, '0.log.20260102-030405'));
      await cri.runtime.reopenContainerLog({ containerId });
      await appendFile(join(directory, '0.log'), '2026-01-02T03:04:05.5Z stderr F two\n');
    } else if (seen.length === 2) await cri.runtime.stopContainer({ containerId, timeout: 0 });
  }
  expect(seen).toEqual(['one', 'two']);
});

it('goes on while the runtime is away, and ends when its signal aborts', async () => {
  const containerId = await start({ output: [{ atMs: 0, text: 'one\n' }] });
  await cri.runtime.containerStatus({ containerId });
  const controller = new AbortController();
  const seen: string[] = [];
  for await (const { content } of followLog(cri, { containerId, signal: controller.signal })) {
    seen.push(content.toString());
    if (seen.length === 1) {
      await fake.close();
      await appendFile(join(directory, '0.log'), '2026-01-02T03:04:05.5Z stderr F two\n');
    } else controller.abort();
  }
  expect(seen).toEqual(['one', 'two']);
});

it('says of which container there is no log', async () => {
  const containerId = await start({ output: [] });
  await rm(join(directory, '0.log'));
  await expect(texts(readLog(cri, { containerId }))).rejects.toMatchObject({
    code: 'CRI_NOT_FOUND',
    message: `container ${containerId} has no log`,
  });
  await expect(texts(followLog(cri, { containerId: 'nothing' }))).rejects.toMatchObject({ code: 'CRI_NOT_FOUND' });
  await symlink('/etc/hostname', join(directory, '0.log'));
  await expect(texts(readLog(cri, { containerId }))).rejects.toMatchObject({ code: 'ELOOP' });
});
