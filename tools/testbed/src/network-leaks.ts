import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { tableNames } from '@solo-kubelet/service-network/rx';

const LIMIT = { timeout: 60_000 };

/** What a kubelet with this root directory left outside it: tables of Services and policies, and the proxy of Ingresses. One line each. */
export const networkLeaks = async (rootDirectory: string): Promise<readonly string[]> => {
  const [tables, processes] = await Promise.all([nftTables(), proxiesBelow(`${rootDirectory}/`)]);
  const own = tableNames(rootDirectory);
  return [...tables.filter((table) => own.some((name) => table.endsWith(` ${name}`))), ...processes];
};

/** None where there is no nft: then nothing made any. */
const nftTables = (): Promise<readonly string[]> =>
  promisify(execFile)('nft', ['list', 'tables'], LIMIT).then(
    ({ stdout }) => stdout.trim().split('\n'),
    () => [],
  );

const proxiesBelow = async (directory: string): Promise<readonly string[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
      const isHaproxy = words[0]?.endsWith('haproxy') === true && words.some((word) => word.startsWith(directory));
      // All of its words are one, its title.
      const isNginx = words[0]?.startsWith('nginx: master') === true && words[0].includes(` ${directory}`);
      return isHaproxy || isNginx ? [`process ${pid} of the proxy`] : [];
    }),
  );
  return found.flat();
};
