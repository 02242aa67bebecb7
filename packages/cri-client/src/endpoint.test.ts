import { describe, expect, it } from 'vitest';
import { parseEndpoint } from './endpoint.js';

describe('parseEndpoint', () => {
  it.each(['unix:///run/c.sock', 'unix:/run/c.sock', '/run/c.sock'])('takes %s', (endpoint) =>
    expect(parseEndpoint(endpoint)).toBe('/run/c.sock'),
  );

  it.each(['', 'run/c.sock', 'unix://run/c.sock', 'tcp://127.0.0.1:1', `/${'x'.repeat(108)}`])('refuses %j', (endpoint) =>
    expect(() => parseEndpoint(endpoint)).toThrow(expect.objectContaining({ code: 'CRI_BAD_ENDPOINT' })),
  );

  it.each([undefined, 5, null])('refuses %j of a caller without types', (endpoint) =>
    expect(() => parseEndpoint(endpoint as never)).toThrow(expect.objectContaining({ code: 'CRI_BAD_ENDPOINT' })),
  );

  it('proposes a link to a socket whose path is too long', () =>
    expect(() => parseEndpoint(`unix:///srv/${'x'.repeat(120)}/c.sock`)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining("cannot be connected to: the path has 132 bytes, a unix socket's may have 107"),
        hint: expect.stringContaining(`and name /run/${'x'.repeat(20)}/c.sock.`),
      }),
    ));
});
