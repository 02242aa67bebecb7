import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { CliError } from '../cli-error.js';
import { pickSubnet, subnetCandidates } from '../containerd/pod-network.js';

const run = promisify(execFile);

/** The pod subnet of a node: chosen once, away from every route of the machine, and kept in a file. */
export const nodeSubnet = async (file: string, seed: number): Promise<string> => {
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (kept !== '') return kept;
  const { stdout } = await run('ip', ['-4', 'route', 'show', 'table', 'all'], { timeout: 10_000 });
  const routes = stdout.split('\n').flatMap((line) => /^(?:\w+ )?(\d[\d./]*)/.exec(line)?.[1] ?? []);
  const subnet = pickSubnet(subnetCandidates(seed), routes);
  if (subnet === undefined) {
    throw new CliError({ code: 'CLI_HOST_UNSUITABLE', message: 'no free subnet for pods between 10.160.0.0 and 10.223.255.0' });
  }
  await writeFile(file, `${subnet}\n`);
  return subnet;
};
