import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverEndpoint } from './server-endpoint.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-token-'));
  await writeFile(join(directory, 'token'), 'from-file\n');
});
afterAll(() => rm(directory, { recursive: true }));

const endpoint = (server: string, options: Readonly<Record<string, string>> = {}, env: Readonly<Record<string, string>> = {}) =>
  serverEndpoint(server, { options, operands: [] }, env);

it.each([
  ['https://[::1]:10250', '::1', 10_250],
  ['https://[fd00::2]', 'fd00::2', 10_250],
  ['http://127.0.0.1:10255', '127.0.0.1', 10_255],
  ['https://node:443/', 'node', 10_250],
])('--server %s connects to %s, port %i', async (server, host, port) => {
  expect((await endpoint(server)).connection).toMatchObject({ host, port });
});

describe('the token', () => {
  it('is taken from the command line, a file or the environment, in this order', async () => {
    const file = { 'token-file': join(directory, 'token') };
    const env = { SOLO_KUBELET_TOKEN: 'from-env' };
    const bearer = async (...given: Parameters<typeof endpoint>) => (await endpoint(...given)).headers?.['authorization'];
    expect(await bearer('https://node', { token: 'given' }, env)).toBe('Bearer given');
    expect(await bearer('https://node', file, env)).toBe('Bearer from-file');
    expect(await bearer('https://node', {}, env)).toBe('Bearer from-env');
    expect(await bearer('https://node')).toBeUndefined();
    await expect(endpoint('https://node', { token: 'given', ...file })).rejects.toMatchObject({ code: 'CLI_USAGE' });
    await expect(endpoint('https://node', { 'token-file': join(directory, 'none') })).rejects.toMatchObject({
      code: 'CLI_NOT_FOUND',
      message: expect.stringContaining('--token-file: cannot read'),
    });
  });

  it('is never shown when it cannot be sent', async () => {
    await expect(endpoint('https://node', { token: 'se\ncret' })).rejects.toMatchObject({ message: expect.not.stringContaining('cret') });
  });

  it.each(['http://10.0.0.7:10255', 'http://node:10255', 'http://[fd00::1]:10255', 'http://127.0.0.1.example.org'])(
    'is not sent in the clear to %s',
    async (server) => {
      await expect(endpoint(server, { token: 'secret' })).rejects.toMatchObject({
        code: 'CLI_USAGE',
        message: expect.stringContaining('in the clear'),
      });
    },
  );

  it.each(['http://127.1.2.3:10255', 'http://[::1]:10255', 'http://localhost:10255'])('may go to this machine at %s', async (server) => {
    expect((await endpoint(server, { token: 'secret' })).headers).toEqual({ authorization: 'Bearer secret' });
  });
});
