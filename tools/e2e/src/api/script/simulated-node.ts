import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { freePorts } from '../free-port.js';

const REPOSITORY = fileURLToPath(new URL('../../../../../', import.meta.url));
const PROGRAM = join(REPOSITORY, 'packages/kubelet-cli/src/bin.ts');

/** `kubelet-cli up --runtime memory`, from source: its processes, directories and ports are its own. */
export interface SimulatedNode extends AsyncDisposable {
  readonly name: string;
  readonly directory: string;
  readonly manifests: string;
  readonly kubeconfig: string;
  readonly pid: number;
}

export const startSimulatedNode = async (flags: readonly string[] = []): Promise<SimulatedNode> => {
  const directory = await mkdtemp(join(tmpdir(), 'solo-script-'));
  const manifests = join(directory, 'manifests');
  await mkdir(manifests);
  const [port = 0] = await freePorts(1);
  const args = ['up', '--runtime', 'memory', '--kube-api', `127.0.0.1:${port}`, ...flags, manifests];
  const source = ['--conditions=@solo-kubelet/source', '--import', 'tsx', PROGRAM];
  const child = spawn(process.execPath, [...source, ...args], {
    cwd: REPOSITORY,
    env: { ...process.env, TMPDIR: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  const ended = once(child, 'exit');
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
    await ended;
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const kubeconfig = await waitFor(
      async () => {
        if (child.exitCode !== null) throw new Error('it ended');
        // It is told of before the API serves.
        const path = /kubectl --kubeconfig (\S+)/.exec(text)?.[1];
        return path !== undefined && existsSync(path) && path;
      },
      { what: 'a node in memory', timeoutMs: 60_000 },
    );
    return { name: hostname().toLowerCase(), directory, manifests, kubeconfig, pid: child.pid!, [Symbol.asyncDispose]: close };
  } catch (cause) {
    await close();
    throw new Error(`no node in memory:\n${text}`, { cause });
  }
};
