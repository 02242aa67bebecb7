import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ContainerStatus } from '@solo-kubelet/cri-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readTerminationMessage } from './termination-message.js';

let root: string;
let own: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'message-'));
  own = join(root, 'pods/uid-1/containers/app/0000000b');
  await mkdir(dirname(own), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const PATH = '/dev/termination-log';
const status = (facts: { readonly hostPaths?: readonly string[]; readonly logPath?: string }): ContainerStatus =>
  ({
    metadata: { name: 'app', attempt: 11 },
    labels: { 'io.kubernetes.pod.uid': 'uid-1' },
    annotations: {
      'io.kubernetes.container.terminationMessagePath': PATH,
      'io.kubernetes.container.terminationMessagePolicy': 'FallbackToLogsOnError',
    },
    mounts: (facts.hostPaths ?? []).map((hostPath) => ({ containerPath: PATH, hostPath })),
    exitCode: 1,
    reason: 'Error',
    logPath: facts.logPath ?? '',
  }) as unknown as ContainerStatus;

it('is what the container wrote to its file', async () => {
  await writeFile(own, 'out of cheese');
  expect(await readTerminationMessage(status({ hostPaths: [own] }))).toBe('out of cheese');
});

it('is found where the path of the manifest has no slash in front', async () => {
  await writeFile(own, 'bye');
  const mounted = status({ hostPaths: [own] });
  const relative = { 'io.kubernetes.container.terminationMessagePath': PATH.slice(1) };
  expect(await readTerminationMessage({ ...mounted, annotations: { ...mounted.annotations, ...relative } })).toBe('bye');
});

it('reads no volume that is mounted at the message path', async () => {
  const volume = join(root, 'pods/uid-1/volume-subpaths/data/app/0');
  await mkdir(dirname(volume), { recursive: true });
  await writeFile(volume, 'by another container');
  await writeFile(own, '');
  expect(await readTerminationMessage(status({ hostPaths: [volume, own] }))).toBe('');
});

it('waits for nobody, whatever stands in the place of the file or of the log, however many do so', async () => {
  execFileSync('mkfifo', [own, join(root, 'log')]);
  const hanging = status({ hostPaths: [own], logPath: join(root, 'log') });
  expect(await Promise.all(Array.from({ length: 8 }, () => readTerminationMessage(hanging)))).toEqual(Array.from({ length: 8 }, () => ''));
});

it('is the end of the log where the file is empty and the policy says so', async () => {
  await writeFile(join(root, 'log'), '2026-01-01T00:00:00Z stderr F fatal\n');
  expect(await readTerminationMessage(status({ hostPaths: [own], logPath: join(root, 'log') }))).toBe('fatal\n');
});
