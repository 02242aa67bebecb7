import { expect, it } from 'vitest';
import { listeningInode } from './system-containers.js';

it('finds the socket that listens, not those that are connected to it', () => {
  const text = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000003 00000000 00000000 0001 03 11111 /run/c.sock
0000000000000000: 00000002 00000000 00010000 0001 01 22222 /run/c.sock
0000000000000000: 00000002 00000000 00010000 0001 01 33333 /run/other.sock
`;
  expect(listeningInode(text, '/run/c.sock')).toBe('22222');
  expect(listeningInode(text, '/run/d.sock')).toBeUndefined();
});
