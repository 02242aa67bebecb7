import { describe, expect, it } from 'vitest';
import { parseEndpoint } from './endpoint.js';

describe('parseEndpoint', () => {
  it.each(['unix:///run/c.sock', 'unix:/run/c.sock', '/run/c.sock'])('takes %s', (endpoint) =>
    expect(parseEndpoint(endpoint)).toBe('/run/c.sock'),
  );

  it.each(['', 'run/c.sock', 'unix://run/c.sock', 'tcp://127.0.0.1:1', `/${'x'.repeat(108)}`])('refuses %j', (endpoint) =>
    expect(() => parseEndpoint(endpoint)).toThrow(expect.objectContaining({ code: 'CRI_BAD_ENDPOINT' })),
  );
});
