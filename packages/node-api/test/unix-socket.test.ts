import { mkdir, mkdtemp, readdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ask, startApi } from './api.js';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-socket-'));
  path = join(directory, 'kubelet.sock');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const health = () => ask({ socketPath: path, path: '/healthz' });

it('is for its owner alone from the first moment, leaves nothing beside it, and goes with the server', async () => {
  const umask = process.umask();
  const starting = startApi({ socket: { path } });
  const seen = new Set<number>();
  let started = false;
  void starting.then(() => {
    started = true;
  });
  while (!started) {
    expect(process.umask()).toBe(umask);
    const found = await stat(path).catch(() => undefined);
    if (found) seen.add(found.mode & 0o777);
  }
  const test = await starting;
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect([...seen].filter((mode) => mode !== 0o600)).toEqual([]);
  expect(await readdir(directory)).toEqual(['kubelet.sock']);
  expect((await health()).body).toBe('ok');
  await test[Symbol.asyncDispose]();
  expect(await readdir(directory)).toEqual([]);
});

it('touches nothing outside of its directory, which may be the root of a file system', async () => {
  path = join(directory, 'own', 'kubelet.sock');
  await mkdir(join(directory, 'own'));
  const changed = async (): Promise<bigint> => (await stat(directory, { bigint: true })).mtimeNs;
  const before = await changed();
  await using _test = await startApi({ socket: { path } });
  expect(await changed()).toBe(before);
  expect((await health()).body).toBe('ok');
});

it('a second server does not take it over', async () => {
  await using _first = await startApi({ socket: { path } });
  await expect(startApi({ socket: { path } })).rejects.toMatchObject({
    code: 'NODE_API_LISTEN',
    message: `cannot listen on ${path}: another program serves there`,
  });
  expect((await health()).body).toBe('ok');
});

it('a socket that a killed kubelet left is replaced', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(directory, 'other.sock'), resolve));
  await rename(join(directory, 'other.sock'), path);
  await new Promise((resolve) => server.close(resolve));
  await using _test = await startApi({ socket: { path } });
  expect((await health()).body).toBe('ok');
});

it('what a kubelet left that was killed before its socket was in place goes with the next one, and nothing else does', async () => {
  const [killed, young, other] = ['.new-aB3dE6', '.new-Xy0z12', '.new-otherX'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [killed, young, other]) await mkdir(each);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(directory, 'other.sock'), resolve));
  await rename(join(directory, 'other.sock'), join(killed, 's'));
  await new Promise((resolve) => server.close(resolve));
  await writeFile(join(other, 'precious'), '');
  const longAgo = new Date(Date.now() - 120_000);
  for (const each of [killed, other]) await utimes(each, longAgo, longAgo);
  await using _test = await startApi({ socket: { path } });
  expect((await readdir(directory)).sort()).toEqual(
    [young, other]
      .map((each) => basename(each))
      .concat('kubelet.sock')
      .sort(),
  );
  expect(await readdir(other)).toEqual(['precious']);
});

it.each(['file', 'link'] as const)('a %s in its place is not removed', async (kind) => {
  if (kind === 'file') await writeFile(path, 'precious');
  else await symlink('/dev/null', path);
  await expect(startApi({ socket: { path } })).rejects.toMatchObject({
    message: `cannot listen on ${path}: there is something that is no socket`,
  });
  expect(await readdir(directory)).toEqual(['kubelet.sock']);
});

it.each([
  [
    'a path that is too long',
    (base: string) => join(base, 'n'.repeat(107), 'kubelet.sock'),
    /: the path has \d+ bytes, a unix socket's may have 107$/,
  ],
  [
    'a directory with no room for the one it is bound in',
    (base: string) => join(base, 'n'.repeat(104 - base.length), 's'),
    /: the directory is too deep/,
  ],
])('refuses %s, with one that fits', async (_, at, message) => {
  const long = at(directory);
  await expect(startApi({ socket: { path: long } })).rejects.toMatchObject({
    code: 'NODE_API_LISTEN',
    message: expect.stringMatching(message),
    hint: `Choose a shorter path, such as /run/${basename(long)}.`,
  });
});
