import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { type NginxOptions, nginxConfiguration } from '../src/core/nginx/nginx-files.js';
import type { RouteTable } from '../src/index.js';
import { ask, freePorts, SOON } from './started-proxy.js';

export interface StartedNginx extends AsyncDisposable {
  readonly httpPort: number;
}

/** nginx with a table, in a directory that has one of name `temporary`. */
export const startNginxAlone = async (
  table: RouteTable,
  { directory, resolvers }: Pick<NginxOptions, 'directory' | 'resolvers'>,
): Promise<StartedNginx> => {
  const [httpPort, httpsPort] = await freePorts();
  const file = join(directory, 'nginx.conf');
  const text = nginxConfiguration(table, {
    ...{ directory, resolvers, httpPort, httpsPort, statusSocket: join(directory, 'status.sock') },
    ...{ generation: 1, generationDirectory: directory, addresses: ['127.0.0.1'], certificates: [] },
  });
  await writeFile(file, text, 'latin1');
  const nginx = spawn('nginx', ['-e', 'stderr', '-p', `${directory}/`, '-c', file], { stdio: 'ignore' });
  const ended = new Promise((resolve) => nginx.on('exit', resolve));
  const stop = async (): Promise<void> => {
    nginx.kill('SIGTERM');
    await ended;
  };
  await vi
    .waitFor(() => ask(httpPort, 'x', '/'), SOON)
    .catch(async (error: unknown) => {
      await stop();
      throw error;
    });
  return { httpPort, [Symbol.asyncDispose]: stop };
};
