import { expect, it } from 'vitest';
import { MAX_SOCKET_PATH_BYTES, socketPathFault } from './socket-path.js';

const path = (bytes: number): string => `/srv/${'d'.repeat(bytes - '/srv//kubelet.sock'.length)}/kubelet.sock`;
const DIRECTORY = path(120).slice(0, -'/kubelet.sock'.length);

it.each(['listen', 'connect'] as const)('takes a path of 107 bytes to %s', (use) => {
  expect(socketPathFault(path(MAX_SOCKET_PATH_BYTES), use)).toBeUndefined();
  expect(socketPathFault(path(MAX_SOCKET_PATH_BYTES + 1), use)?.message).toBe("the path has 108 bytes, a unix socket's may have 107");
});

it('counts bytes, not characters', () => expect(socketPathFault(`/${'é'.repeat(54)}`, 'listen')?.message).toContain('109 bytes'));

it('proposes a place to listen that fits', () =>
  expect(socketPathFault(path(120), 'listen')).toMatchObject({
    shorter: '/run/kubelet.sock',
    hint: 'Choose a shorter path, such as /run/kubelet.sock.',
  }));

it('proposes a link to reach what listens already', () => {
  const link = `/run/${'d'.repeat(20)}`;
  expect(socketPathFault(path(120), 'connect')).toMatchObject({
    shorter: `${link}/kubelet.sock`,
    hint: `Reach it through a link: ln -s ${DIRECTORY} ${link}, and name ${link}/kubelet.sock.`,
  });
});

it.each([
  `/${'n'.repeat(200)}.sock`,
  `/${'é'.repeat(200)}`,
  `relative/${'n'.repeat(200)}`,
  'n'.repeat(200),
  `/${'😀'.repeat(60)}/${'😀'.repeat(60)}.socket`,
])('proposes what fits in place of %s', (long) => {
  for (const use of ['listen', 'connect'] as const) {
    const shorter = socketPathFault(long, use)?.shorter ?? '';
    expect(Buffer.byteLength(shorter)).toBeLessThanOrEqual(MAX_SOCKET_PATH_BYTES);
    expect(shorter).toMatch(/^\/run\/[^\ufffd]+$/);
    expect(shorter.endsWith(/\.\w+$/.exec(long)?.[0] ?? '')).toBe(true);
  }
});
