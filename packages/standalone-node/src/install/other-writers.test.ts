import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWriter, describeWriters, findOtherWriters, otherWriter } from './other-writers.js';

const root = { uid: 0, gid: 0 };

it.each([
  ['a file of root', { ...root, mode: 0o100755 }, false, undefined],
  ['a file that everybody may write', { ...root, mode: 0o100777 }, false, 'everybody'],
  ['a file of a user', { uid: 1000, gid: 0, mode: 0o100755 }, false, { uid: 1000 }],
  ['a file of a group', { uid: 0, gid: 50, mode: 0o100775 }, false, { gid: 50 }],
  ['a file that the group of root may write', { ...root, mode: 0o100775 }, false, undefined],
  ['a directory that everybody may write', { ...root, mode: 0o40777 }, true, 'everybody'],
  ['a sticky directory', { ...root, mode: 0o41777 }, true, undefined],
  ['a sticky directory of a user', { uid: 1000, gid: 0, mode: 0o41777 }, true, { uid: 1000 }],
] as const)('%s', (_, ownership, isAncestor, expected) => expect(otherWriter(ownership, isAncestor)).toEqual(expected));

it('looks at the program, what lies beside it, and every directory above', async () => {
  const base = await mkdtemp(join(tmpdir(), 'solo-kubelet-writers-'));
  try {
    const directory = join(base, 'open/dist');
    await mkdir(directory, { recursive: true });
    for (const name of ['bin.js', 'chunk.js', 'notes.txt']) await writeFile(join(directory, name), '');
    await chmod(join(base, 'open'), 0o777);
    for (const name of ['chunk.js', 'notes.txt']) await chmod(join(directory, name), 0o666);
    const everybody = (await findOtherWriters(join(directory, 'bin.js'))).filter(({ who }) => who === 'everybody');
    expect(everybody.map(describeWriter)).toEqual([
      `${join(directory, 'chunk.js')} may be written by everybody`,
      `${join(base, 'open')} may be written by everybody`,
    ]);
  } finally {
    await rm(base, { recursive: true });
  }
});

it('tells of each user and group once', () => {
  const user = { uid: 1000 };
  const writers = [
    { path: '/opt/a.js', who: user },
    { path: '/opt/b.js', who: { uid: 1000 } },
    { path: '/opt', who: { gid: 50 } },
  ];
  expect(describeWriters(writers)).toEqual(['/opt/a.js may be written by user 1000 (and 1 more)', '/opt may be written by group 50']);
});
