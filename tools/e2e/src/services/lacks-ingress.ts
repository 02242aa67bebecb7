import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What Services and their proxy need and this machine has not; undefined where nothing is missing. */
export const lacksIngress = async (proxy: 'haproxy' | 'nginx' = 'haproxy'): Promise<string | undefined> => {
  for (const [program, ...args] of [
    ['nft', 'list', 'tables'],
    [proxy, '-v'],
  ] as const) {
    const fault = await run(program, args).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (fault !== undefined) return fault;
  }
  return undefined;
};
