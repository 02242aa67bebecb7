import { afterEach, expect, it, vi } from 'vitest';
import { machineRoutes } from './node-subnet.js';

afterEach(() => vi.unstubAllEnvs());

it('says what to install where nothing can list the routes of the machine', async () => {
  vi.stubEnv('PATH', '/nowhere');
  await expect(machineRoutes()).rejects.toMatchObject({
    code: 'NODE_HOST_UNSUITABLE',
    message: expect.stringContaining('apt-get install iproute2'),
  });
});
