import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ContainerExec, download, upload } from './copy-files.js';

let root: string;
let skipped: string[];
const here = (path = ''): string => join(root, 'here', path);
const there = (path = ''): string => join(root, 'there', path);
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'solo-kubelet-cp-')));
  skipped = [];
  for (const path of [here(), there('dir'), here('dir')]) mkdirSync(path, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs commands as a container would: absolute paths are below `there`, and so is the working directory. */
const container =
  (program: readonly string[] = []): ContainerExec =>
  async ([name = '', ...rest], { stdin, stdout }) => {
    const argv = [...(name === 'tar' ? program : []), name, ...rest.map((word) => (word.startsWith('/') ? there(word) : word))];
    const child = spawn(argv[0]!, argv.slice(1), { cwd: there() });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)));
    if (stdin) pipeline(stdin, child.stdin).catch(() => {});
    else child.stdin.end();
    await pipeline(child.stdout, stdout, { end: false }).catch(() => child.kill());
    return { code: await ended, said };
  };
const ways = (program?: readonly string[]) => ({ exec: container(program), skipped: (what: string) => void skipped.push(what) });

/** Every path below a directory with what it is, in order. */
const tree = (path: string, under = ''): readonly string[] =>
  readdirSync(Buffer.from(join(path, under), 'latin1'), { encoding: 'buffer' })
    .map((name) => join(under, name.toString('latin1')))
    .sort()
    .flatMap((name) => {
      const bytes = Buffer.from(join(path, name), 'latin1');
      const found = lstatSync(bytes);
      if (found.isDirectory()) return [`${name}/`, ...tree(path, name)];
      return [found.isSymbolicLink() ? `${name} -> ${readlinkSync(bytes)}` : `${name}: ${readFileSync(bytes, 'utf8')}`];
    });
const SOURCE = ['src/', 'src/empty/', 'src/link -> sub/leaf', 'src/sub/', 'src/sub/leaf: leaf'];
const makeSource = (at: string): void => {
  mkdirSync(join(at, 'src/sub'), { recursive: true });
  mkdirSync(join(at, 'src/empty'));
  writeFileSync(join(at, 'src/sub/leaf'), 'leaf');
  symlinkSync('sub/leaf', join(at, 'src/link'));
  writeFileSync(join(at, 'file'), 'text');
};
const below = (path: string, entries: readonly string[]): readonly string[] => entries.map((entry) => entry.replace(/^src/, path));

const TARS: readonly (readonly [string, readonly string[]])[] = [
  ['GNU tar', []],
  ['busybox', ['busybox']],
];

const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  ['a file to a new name', 'file', 'new', ['new: text']],
  ['a file to a new name with a slash', 'file', 'new/', ['new: text']],
  ['a file into a directory', 'file', 'dir', ['dir/file: text']],
  ['a file into a directory with a slash', 'file', 'dir/', ['dir/file: text']],
  ['a file to a new name in a directory', 'file', 'dir/new', ['dir/new: text']],
  ['a directory to a new name', 'src', 'new', below('new', SOURCE)],
  ['a directory with a slash to a new name', 'src/', 'new', below('new', SOURCE)],
  ['a directory into a directory', 'src', 'dir', below('dir/src', SOURCE)],
  ['a directory with slashes into a directory', 'src//', 'dir//', below('dir/src', SOURCE)],
];

describe.each(TARS)('with %s', (_name, program) => {
  it.each(CASES)('uploads %s', async (_what, from, to, expected) => {
    makeSource(here());
    await upload(here() + (from.startsWith('/') ? from : `/${from}`), `/${to}`, ways(program));
    expect(tree(there()).filter((path) => path !== 'dir/')).toEqual(expected.filter((path) => path !== 'dir/'));
    expect(skipped).toEqual([]);
  });

  it.each(CASES)('downloads %s', async (_what, from, to, expected) => {
    makeSource(there());
    await download(`/${from}`, `${here()}/${to}`, ways(program));
    expect(tree(here()).filter((path) => path !== 'dir/')).toEqual(expected.filter((path) => path !== 'dir/'));
    expect(skipped).toEqual([]);
  });

  it('carries names of any bytes and lengths there and back', async () => {
    const names = ['-rf', 'a b\nc ', 'über 摄像', 'n'.repeat(255), 'a\\b"c'].map((name) => Buffer.from(name));
    mkdirSync(here('src'));
    for (const [index, name] of [...names, Buffer.of(0x61, 0xff, 0xe9)].entries()) {
      writeFileSync(Buffer.concat([Buffer.from(here('src/')), name]), 'text');
      symlinkSync(name, here(`src/link${index}`));
    }
    await upload(here('src'), '/copy', ways(program));
    expect(tree(there('copy'))).toEqual(tree(here('src')));
    await download('/copy', here('back'), ways(program));
    expect(tree(here('back'))).toEqual(tree(here('src')));
  });

  it('takes names that begin with a dash, and relative ones, from the command line', async () => {
    writeFileSync(here('-file'), 'text');
    await upload(here('-file'), '-up', ways(program));
    expect(tree(there())).toContain('-up: text');
    await download('-up', here('-down'), ways(program));
    expect(tree(here())).toContain('-down: text');
  });

  it('says why tar fails', async () => {
    await expect(download('/none', here('new'), ways(program))).rejects.toMatchObject({
      code: 'CLI_REFUSED',
      message: expect.stringContaining('none'),
    });
    await expect(upload(here('none'), '/x', ways(program))).rejects.toMatchObject({ code: 'CLI_NOT_FOUND' });
  });
});

it('keeps modes, and fills a directory that may not be written to', async () => {
  mkdirSync(here('src'));
  writeFileSync(here('src/run'), '#!/bin/sh\n', { mode: 0o755 });
  chmodSync(here('src'), 0o555);
  await upload(here('src'), '/copy', ways());
  expect(lstatSync(there('copy')).mode & 0o777).toBe(0o555);
  expect(lstatSync(there('copy/run')).mode & 0o777).toBe(0o755);
  chmodSync(here('src'), 0o755);
  chmodSync(there('copy'), 0o755);
});

it('keeps a link that is named itself when it goes up, and copies from within what has no name', async () => {
  makeSource(here());
  await upload(here('src/link'), '/link', ways());
  expect(tree(there())).toContain('link -> sub/leaf');
  await upload(here('src'), '/dir', ways());
  await download('/dir/src/.', here('dir'), ways());
  expect(tree(here('dir'))).toEqual(SOURCE.slice(1).map((path) => path.replace('src/', '')));
  await expect(download('/link', here('new'), ways())).rejects.toThrow('link is a link to sub/leaf; copy that instead');
});

it('leaves out what cannot be carried, and says so', async () => {
  mkdirSync(here('src'));
  execFileSync('mkfifo', [here('src/fifo')]);
  await upload(here('src'), '/copy', ways());
  expect(tree(there('copy'))).toEqual([]);
  expect(skipped).toEqual([`${here('src/fifo')}: neither a file nor a directory nor a link`]);
});

describe('an archive from a hostile container', () => {
  type Entry = Parameters<ReturnType<typeof pack>['entry']>[0];
  const from = async (...entries: readonly Entry[]): Promise<void> => {
    const archive = pack();
    for (const entry of entries) entry.type === 'file' ? archive.entry(entry, 'bad') : archive.entry(entry);
    archive.finalize();
    const exec: ContainerExec = async (_command, { stdout, signal }) => {
      for await (const chunk of archive) if (!signal?.aborted) stdout.write(chunk);
      return { code: 0, said: '' };
    };
    await download('/src', here('out'), { exec, skipped: (what) => void skipped.push(what) });
  };
  const dir = (name: string): Entry => ({ name, type: 'directory' });
  const file = (name: string): Entry => ({ name, type: 'file' });
  const link = (name: string, linkname: string): Entry => ({ name, type: 'symlink', linkname });

  it.each<[string, readonly Entry[]]>([
    ['a name with ..', [dir('src'), file('src/../../evil')]],
    ['an absolute name', [dir('src'), file('/evil')]],
    ['another prefix', [dir('src'), file('srcs/evil')]],
  ])('cannot write outside by %s', async (_what, entries) => {
    await expect(from(...entries)).rejects.toMatchObject({ code: 'CLI_REFUSED', message: expect.stringContaining('a path outside') });
    expect(tree(root).filter((path) => path.includes('evil'))).toEqual([]);
  });

  it.each<[string, string]>([
    ['an absolute link', '/etc'],
    ['a link above', '../dir'],
    ['a link that climbs through another', 'in/../../dir'],
  ])('gets no %s', async (_what, linkname) => {
    await from(dir('src'), link('src/in', '.'), link('src/out', linkname));
    expect(tree(here('out'))).toEqual(['in -> .']);
    expect(skipped).toEqual([`src/out: a link to ${linkname}, which is outside`]);
  });

  it('cannot write through a link of its own', async () => {
    await expect(from(dir('src'), dir('src/sub'), link('src/in', 'sub'), file('src/in/evil'))).rejects.toThrow(
      'is a link, which may lead outside',
    );
    await expect(from(link('src/leaf', 'sub/x'), file('src/leaf'))).rejects.toThrow('is a link; remove it first');
    expect(tree(root).filter((path) => path.includes('evil'))).toEqual([]);
  });

  it.each<[string, Entry]>([
    ['a directory', dir('src/way/a/b/')],
    ['a file', file('src/way/a/b/evil')],
    ['a link', link('src/way/a/link', 'x')],
  ])('makes %s by no link that was there already', async (_what, entry) => {
    mkdirSync(here('out'));
    symlinkSync('../dir', here('out/way'));
    // `out` is there, so the copy would go to out/src; the link lies where the copy leads.
    mkdirSync(here('out/src'));
    symlinkSync('../../dir', here('out/src/way'));
    await expect(from(dir('src'), entry)).rejects.toThrow('is a link, which may lead outside');
    expect(tree(here('dir'))).toEqual([]);
  });

  it('makes hard links among its own files only', async () => {
    await from(
      dir('src'),
      file('src/a'),
      { name: 'src/b', type: 'link', linkname: 'src/a' },
      { name: 'src/c', type: 'link', linkname: '/etc/passwd' },
    );
    expect(tree(here('out'))).toEqual(['a: bad', 'b: bad']);
    expect(skipped).toEqual(['src/c: a link to /etc/passwd, which is outside']);
  });
});
