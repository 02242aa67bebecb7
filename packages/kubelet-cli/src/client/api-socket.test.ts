import { expect, it } from 'vitest';
import { namedApiSocket } from './api-socket.js';

const long = `/srv/${'x'.repeat(110)}/k.sock`;
const input = (socket?: string) => ({ options: socket === undefined ? {} : { socket }, operands: [] });

it('prefers the option to the environment, and needs neither', () => {
  expect(namedApiSocket(input('/a'), { env: { SOLO_KUBELET_SOCKET: '/b' } })).toBe('/a');
  expect(namedApiSocket(input(), { env: { SOLO_KUBELET_SOCKET: '/b' } })).toBe('/b');
  expect(namedApiSocket(input(), { env: {} })).toBeUndefined();
});

it.each([
  ['--socket', () => namedApiSocket(input(long), { env: {} })],
  ['SOLO_KUBELET_SOCKET', () => namedApiSocket(input(), { env: { SOLO_KUBELET_SOCKET: long } })],
])('refuses a path that is too long, with one that is not: %s', (name, ask) => {
  expect(ask).toThrow(
    expect.objectContaining({
      code: 'CLI_USAGE',
      message: expect.stringMatching(new RegExp(`^${name}: /srv/x+/k.sock: the path has 122 bytes`)),
      hint: expect.stringMatching(/^Reach it through a link: ln -s \/srv\/x+ (\/run\/x{20}), and name \1\/k\.sock\.$/),
    }),
  );
});
