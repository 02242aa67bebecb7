import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { startNode, type TestNode } from '../kubelet/node.js';
import { freePorts } from './free-port.js';

/** `KUBECTL` names one or more, with `:` between; else that of the path, if there is one. */
const found = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'kubectl'));

export const kubectlPrograms: readonly string[] = (process.env['KUBECTL']?.split(delimiter) ?? [found.find(existsSync) ?? '']).filter(
  (path) => path !== '',
);
if (kubectlPrograms.length === 0)
  console.warn('kubectl is not tried: KUBECTL names none, and there is none in PATH (Debian: kubernetes-client)');

/** The 20 of 1.20. */
export const minorVersion = (program: string): number => {
  const text = execFileSync(program, ['version', '--client', '-o', 'json'], { encoding: 'utf8', timeout: 60_000 });
  const { clientVersion } = JSON.parse(text) as { readonly clientVersion: { readonly minor: string } };
  return Number.parseInt(clientVersion.minor, 10);
};

const LIMIT_MS = 120_000;

export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A node that serves its API, and the kubeconfig of its administrator. */
export interface ApiNode extends AsyncDisposable {
  readonly node: TestNode;
  readonly port: number;
  readonly kubeconfig: string;
}

/** @param flags further ones of the kubelet */
export const startApiNode = async (flags: readonly string[] = []): Promise<ApiNode> => {
  const [port = 0] = await freePorts(1);
  const own = ['--kube-api', `127.0.0.1:${port}`];
  const all = [...own, ...flags];
  const node = await startNode({ flags: all });
  const kubeconfig = join(node.bed.rootDirectory, 'api/admin.kubeconfig');
  await waitFor(async () => existsSync(kubeconfig), { what: 'a kubeconfig' });
  return {
    node,
    port,
    kubeconfig,
    [Symbol.asyncDispose]: async () => {
      // Rules of Services outlive a kubelet that has them; one that has none takes them away.
      if (flags.some((flag) => flag.startsWith('--service-cluster-ip-range'))) {
        all.length = own.length;
        await node.restartKubelet();
        await waitFor(async () => node.kubelet().log().includes('their rules were removed'), {
          what: 'the rules of Services to go',
          timeoutMs: LIMIT_MS,
        });
      }
      await node[Symbol.asyncDispose]();
    },
  };
};

/** One version of kubectl, with a home of its own, for what it remembers of the server. */
export interface Kubectl {
  readonly program: string;
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly run: (...words: readonly string[]) => Promise<Answer>;
  /** What one prints that must succeed. */
  readonly told: (...words: readonly string[]) => Promise<string>;
}

/** @param home an own directory is made below this */
export const openKubectl = async (program: string, kubeconfig: string, home: string): Promise<Kubectl> => {
  const directory = join(home, basename(program));
  await mkdir(directory, { recursive: true });
  const env = { PATH: process.env['PATH'] ?? '', HOME: directory, KUBECONFIG: kubeconfig };
  const run: Kubectl['run'] = (...words) =>
    new Promise((resolve) => {
      execFile(program, words, { env, timeout: LIMIT_MS, maxBuffer: 16 << 20 }, (error, stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
      );
    });
  await waitFor(async () => (await run('get', '--raw', '/readyz')).status === 0, { what: 'an API that is ready' });
  return {
    program,
    directory,
    env,
    run,
    told: async (...words) => {
      const { status, stdout, stderr } = await run(...words);
      if (status !== 0) throw new Error(`kubectl ${words.join(' ')} ended with ${status}: ${stdout}${stderr}`);
      return stdout;
    },
  };
};
