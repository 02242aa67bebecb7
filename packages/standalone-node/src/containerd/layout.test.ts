import { expect, it } from 'vitest';
import { containerdLayout } from './layout.js';

const runDirectory = (socketBytes: number): string => `/${'r'.repeat(socketBytes - '/'.length - '/containerd.sock'.length)}`;

it('takes a socket of 98 bytes, which leaves room for .ttrpc within 104', () => {
  expect(containerdLayout('/d', runDirectory(98)).socketPath).toHaveLength(98);
  expect(() => containerdLayout('/d', runDirectory(99))).toThrow(
    expect.objectContaining({ code: 'NODE_HOST_UNSUITABLE', message: expect.stringContaining('has 99 bytes'), hint: expect.any(String) }),
  );
});
