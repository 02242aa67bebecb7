import { execFileSync } from 'node:child_process';
import { renameSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { NEVER, of, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Listing } from '../src/core/listing.js';
import { type ManifestDirectoryOptions, watchManifestDirectory } from '../src/index.js';
import { collect } from './collect.js';
import { say } from './say.js';
import { tinyParser } from './tiny-parser.js';

let root: string;
let path: string;
const stops: (() => void)[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'manifests-'));
  path = join(root, 'm');
  await mkdir(path);
});
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  await rm(root, { recursive: true, force: true });
});

/** Watches `path`; the full listing is far away, so that only hints and rechecks can bring anything. */
const follow = (options: Partial<ManifestDirectoryOptions> = {}) => {
  const watched = collect(
    watchManifestDirectory({ path, nodeName: 'n', parse: tinyParser, fileCheckFrequencyMs: 3_600_000, settleMs: 150, ...options }),
  );
  stops.push(watched.stop);
  return watched;
};
const put = (name: string, text: string): Promise<void> => writeFile(join(path, name), text);

const openDescriptors = async (): Promise<number> => (await readdir('/proc/self/fd')).length;

describe('a real directory', () => {
  it('tells additions, edits and removals as they happen', async () => {
    await put('a.yaml', 'web 1\n');
    const watched = follow();
    await watched.until('synced');
    await put('b.yaml', 'db 1\n');
    await watched.until('applied b.yaml db:1');
    const started = performance.now();
    await put('a.yaml', 'web 2\n');
    await watched.until('applied a.yaml web:2');
    expect(performance.now() - started).toBeLessThan(500);
    await unlink(join(path, 'b.yaml'));
    await watched.until('removed b.yaml');
    expect(watched.said).toEqual(['applied a.yaml web:1', 'synced', 'applied b.yaml db:1', 'applied a.yaml web:2', 'removed b.yaml']);
  });

  it('skips what is no manifest and never waits for a named pipe', async () => {
    execFileSync('mkfifo', [join(path, 'pipe')]);
    await mkdir(join(path, 'more'));
    await put('a.yaml', 'web 1\n');
    await put('.hidden', '!');
    await put('a.yaml~', '!');
    const watched = follow();
    await watched.until('synced');
    expect(watched.said).toEqual(['ignored .hidden', 'ignored a.yaml~', 'ignored more', 'ignored pipe', 'applied a.yaml web:1', 'synced']);
  });

  it('sees no removal in a save that renames the old file away first', async () => {
    await put('a.yaml', 'web 1\n');
    const watched = follow();
    await watched.until('synced');
    await rename(join(path, 'a.yaml'), join(path, 'a.yaml~'));
    await watched.until('ignored a.yaml~');
    await put('a.yaml', 'web 2\n');
    await watched.until('applied a.yaml web:2');
    expect(watched.said).not.toContain('removed a.yaml');
  });

  it('takes a file that is deleted and made anew for a removal and a return, even when nobody could see it missing', async () => {
    await put('a.yaml', 'web 1\n');
    const watched = follow();
    await watched.until('synced');
    await put('b.yaml', 'db 1\n');
    await watched.until('applied b.yaml');
    unlinkSync(join(path, 'a.yaml'));
    writeFileSync(join(path, 'a.yaml'), 'web 1\n');
    await watched.until('applied a.yaml web:1', { since: 3 });
    expect(watched.said.slice(3)).toEqual(['removed a.yaml', 'applied a.yaml web:1']);
  });

  it.each([
    [
      'renames a finished file over it',
      () => [writeFileSync(join(root, 'new'), 'web 1\n'), renameSync(join(root, 'new'), join(path, 'a.yaml'))],
    ],
    [
      'renames two finished files over it',
      () => {
        for (const name of ['one', 'two']) writeFileSync(join(root, name), 'web 1\n');
        for (const name of ['one', 'two']) renameSync(join(root, name), join(path, 'a.yaml'));
      },
    ],
    [
      'keeps a copy beside it',
      () => [renameSync(join(path, 'a.yaml'), join(path, 'a.yaml~')), writeFileSync(join(path, 'a.yaml'), 'web 1\n')],
    ],
    [
      'unpacks an archive over it',
      () => [unlinkSync(join(path, 'a.yaml')), writeFileSync(join(path, 'a.yaml'), 'web 1\n'), utimesSync(join(path, 'a.yaml'), 1e9, 1e9)],
    ],
  ])('sees no removal in a save that %s', async (_how, save) => {
    await put('a.yaml', 'web 1\n');
    const watched = follow();
    await watched.until('synced');
    await put('b.yaml', 'db 1\n');
    await watched.until('applied b.yaml');
    save();
    await watched.until('touched a.yaml');
    await put('b.yaml', 'db 2\n');
    await watched.until('applied b.yaml db:2');
    expect(watched.said).not.toContain('removed a.yaml');
  });

  it('sees no removal in an edit of a file in place', async () => {
    await put('a.yaml', 'web 1\n');
    const watched = follow();
    await watched.until('synced');
    await truncate(join(path, 'a.yaml'), 0);
    await put('a.yaml', 'web 2\n');
    await watched.until('applied a.yaml web:2');
    expect(watched.said.slice(2)).toEqual(['applied a.yaml web:2']);
  });

  it('keeps the Pod of an emptied file and says so', async () => {
    await put('a.yaml', 'web 1\n');
    const watched = follow();
    await watched.until('synced');
    await truncate(join(path, 'a.yaml'), 0);
    await watched.until('rejected a.yaml stale');
    expect(watched.said).not.toContain('removed a.yaml');
  });

  it('follows links and the swap of a `..data` link', async () => {
    await mkdir(join(path, '..v1'));
    await writeFile(join(path, '..v1', 'a.yaml'), 'web 1\n');
    await symlink('..v1', join(path, '..data'));
    await symlink('..data/a.yaml', join(path, 'a.yaml'));
    const watched = follow();
    await watched.until('applied a.yaml web:1');
    await mkdir(join(path, '..v2'));
    await writeFile(join(path, '..v2', 'a.yaml'), 'web 2\n');
    await symlink('..v2', join(path, '..data_tmp'));
    await rename(join(path, '..data_tmp'), join(path, '..data'));
    await watched.until('applied a.yaml web:2');
    expect(watched.said.filter((line) => line.startsWith('removed a.yaml'))).toEqual([]);
  });

  it('keeps the Pods of a directory that vanishes and watches the one that returns', async () => {
    await put('a.yaml', 'web 1\n');
    const watched = follow();
    await watched.until('synced');
    await rm(path, { recursive: true });
    await watched.until('sourceFailed');
    await mkdir(path);
    await put('a.yaml', 'web 1\n');
    await watched.until('sourceRecovered');
    await put('b.yaml', 'db 1\n');
    await watched.until('applied b.yaml db:1');
    const said = watched.said.filter((line) => !line.startsWith('touched'));
    expect(said).toEqual(['applied a.yaml web:1', 'synced', 'sourceFailed', 'sourceRecovered', 'applied b.yaml db:1']);
  });

  it('is empty, and synced, when it does not exist yet', async () => {
    await rm(path, { recursive: true });
    const watched = follow();
    await watched.until('synced');
    await mkdir(path);
    await put('a.yaml', 'web 1\n');
    await watched.until('applied a.yaml web:1');
  });

  it('may be a single file', async () => {
    await put('pod.yaml', 'web 1\n');
    await put('other.yaml', 'db 1\n');
    const watched = follow({ path: join(path, 'pod.yaml') });
    await watched.until('synced');
    await put('pod.yaml', 'web 2\n');
    await watched.until('applied pod.yaml web:2');
    await unlink(join(path, 'pod.yaml'));
    await watched.until('removed pod.yaml');
    expect(watched.said).toEqual(['applied pod.yaml web:1', 'synced', 'applied pod.yaml web:2', 'removed pod.yaml']);
  });

  it('refuses a file of more than 3 MiB, or of many objects in more than 1 MiB, and keeps the others', async () => {
    await put('big.yaml', 'x'.repeat(3 * 1024 * 1024 + 1));
    await put('many.yaml', `web 1\n${'kind: Pod\n'.repeat(33)}`.padEnd(1024 * 1024 + 1, '\n'));
    await put('value.yaml', `db 1\n${'kind: Pod\n'.repeat(32)}`.padEnd(1024 * 1024 + 1, '\n'));
    await put('a.yaml', 'web 1\n');
    const watched = follow();
    await watched.until('synced');
    // Which of the two has settled first is nobody's business.
    expect(watched.said.toSorted()).toEqual([
      'applied a.yaml web:1',
      expect.stringMatching(/^applied value\.yaml/),
      expect.stringMatching(/^rejected big\.yaml .*3145729 bytes; a manifest has at most 3145728/),
      expect.stringMatching(/^rejected many\.yaml .*more than 1048576 bytes and more than 32 objects: split it/),
      'synced',
    ]);
  });

  it('says of a name that is not UTF-8 that it is not read', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0x61, 0xff]), Buffer.from('.yaml')]), 'web 1\n');
    await put('a.yaml', 'web 1\n');
    const watched = follow();
    await watched.until('synced');
    expect(watched.events).toContainEqual(expect.objectContaining({ type: 'ignored', reason: 'its name is not UTF-8: rename it' }));
    expect(watched.said).toContain('applied a.yaml web:1');
  });

  it('opens a few manifests at once, however many there are', async () => {
    await Promise.all(Array.from({ length: 400 }, (_, index) => put(`p${index}.yaml`, `web${index} 1\n`)));
    const before = await openDescriptors();
    const watched = follow();
    let most = 0;
    while (!watched.said.includes('synced')) most = Math.max(most, (await openDescriptors()) - before);
    expect(watched.said.filter((line) => line.startsWith('applied'))).toHaveLength(400);
    expect(most).toBeLessThan(40);
  });

  it('shadows the second claim of a name and hands over', async () => {
    await put('a.yaml', 'web 1\n');
    const watched = follow();
    await watched.until('synced');
    await put('0.yaml', 'web 2\n');
    await watched.until('shadowed 0.yaml by a.yaml');
    await unlink(join(path, 'a.yaml'));
    await watched.until('applied 0.yaml web:2');
  });

  it('says that it is no directory', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const watched = follow({ path: join(root, 'pipe') });
    await watched.until('sourceFailed');
    expect(watched.events[0]).toMatchObject({ message: expect.stringContaining('neither a directory nor a file') });
  });

  it('runs the last good version of a manifest that was broken while nobody looked', async () => {
    const lastGoodDirectory = join(root, 'last-good');
    await put('a.yaml', 'web 1\n---\ndb 1\n');
    await put('b.yaml', 'web 9\n');
    const before = follow({ lastGoodDirectory });
    await before.until('synced');
    await put('a.yaml', 'web 2\n---\n!\n');
    await before.until('rejected a.yaml#1 stale');
    // A later event proves that the store has been written for the earlier ones.
    await put('c.yaml', 'mq 1\n');
    await before.until('applied c.yaml');
    before.stop();
    await unlink(join(path, 'c.yaml'));

    const after = follow({ lastGoodDirectory });
    await after.until('synced');
    expect(after.said).toEqual([
      'applied a.yaml web:2',
      'applied a.yaml#1 db:1',
      'rejected a.yaml#1 stale !',
      'shadowed b.yaml by a.yaml',
      'synced',
    ]);
  });
});

it('keeps the last good version of a manifest that could not be kept before, as on a full disk, once it can', async () => {
  const lastGoodDirectory = join(root, 'last-good');
  await writeFile(lastGoodDirectory, 'no directory\n');
  await put('a.yaml', 'web 1\n');
  const unkept: string[] = [];
  const warn = ({ path: of = '' }: { readonly path?: string }, message: string): void => {
    if (message.startsWith('Cannot keep')) unkept.push(basename(of));
  };
  const before = follow({ lastGoodDirectory, logger: { ...silentLogger, warn } as Logger, fileCheckFrequencyMs: 20 });
  await before.until('synced');
  await put('b.yaml', 'db 1\n');
  await vi.waitFor(() => expect(unkept).toContain('b.yaml'), 10_000);
  await rm(lastGoodDirectory);
  await vi.waitFor(async () => expect(await readdir(lastGoodDirectory)).toHaveLength(2), 10_000);
  // By the look that found b.yaml a.yaml had been tried once more, and was not told of again.
  expect(unkept).toEqual(['a.yaml', 'b.yaml']);
  await put('a.yaml', '!\n');
  before.stop();

  const after = follow({ lastGoodDirectory });
  await after.until('synced');
  expect(after.said).toContain('applied a.yaml web:1');
});

describe('timing', () => {
  const listing = (atMs: number): Listing => ({ type: 'listed', kind: 'directory', directoryId: '1', atMs, entries: [] });
  const base = { path: '/m', nodeName: 'n', parse: tinyParser, fileCheckFrequencyMs: 20 } as const;

  it('reports a listing that hangs, starts no other meanwhile, and recovers with its end', async () => {
    let lists = 0;
    const scheduler = new TestScheduler(() => {});
    const said: string[] = [];
    let finish: (value: Listing) => void = () => {};
    const subscription = watchManifestDirectory({
      ...base,
      scheduler,
      timeoutMs: 30,
      list: () => {
        lists += 1;
        return new Promise<Listing>((resolve) => {
          finish = resolve;
        });
      },
      hints: () => NEVER,
    }).subscribe((event) => said.push(say(event)));
    await Promise.resolve().then(() => Promise.resolve());
    await new Promise(setImmediate);
    scheduler.maxFrames = 100;
    scheduler.schedule(() => {}, 100);
    scheduler.flush();
    await new Promise(setImmediate);
    expect(said).toEqual(['sourceFailed']);
    expect(lists).toBe(1);
    finish(listing(100));
    await new Promise(setImmediate);
    expect(said).toEqual(['sourceFailed', 'sourceRecovered', 'synced']);
    subscription.unsubscribe();
  });

  it('goes on with the periodic listing when nothing can be watched', async () => {
    let round = 0;
    const watched = collect(
      watchManifestDirectory({
        ...base,
        list: (_path, now) => {
          round += 1;
          const text = new TextEncoder().encode(`web ${round}\n`);
          const content = { type: 'text' as const, text, digest: String(round), modifiedAtMs: 0 };
          return of({ ...listing(now()), entries: [{ path: '/m/a', content }] } as Listing);
        },
        hints: () => of(),
      }),
    );
    await watched.until('applied a web:3');
    watched.stop();
    expect(watched.said.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it('never fails itself when a hint source does', async () => {
    const watched = collect(watchManifestDirectory({ ...base, path, hints: () => throwError(() => new Error('EMFILE')) }));
    await watched.until('synced');
    watched.stop();
    expect(watched.said.some((line) => line.startsWith('error'))).toBe(false);
  });
});
