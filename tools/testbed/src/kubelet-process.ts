import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleIsOld } from './bundle-is-old.js';
import type { Testbed } from './testbed.js';

const packages = join(dirname(fileURLToPath(import.meta.url)), '../../../packages');

/** The built command line. */
export const kubeletBinary = join(packages, 'kubelet-cli/dist/bin.js');
// For every process that this one starts.
if (bundleIsOld(packages, join(packages, 'kubelet-cli/dist/kubelet.program.cjs'))) process.env['SOLO_KUBELET_BUNDLE'] = 'off';

export interface StartKubeletOptions {
  /** KubeletConfiguration fields laid over the testbed's. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Further arguments of `run`. */
  readonly flags?: readonly string[];
  /** Default: `node1`. */
  readonly nodeName?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A kubelet running against a testbed as a process of its own. */
export interface KubeletProcess extends AsyncDisposable {
  readonly pid: number;
  readonly nodeName: string;
  /** What it has written to standard error so far, one record a line. */
  log(): string;
  /** Sends a signal and waits for the end; gives the exit status, or the signal's name if that ended it. */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
  /** Resolves when it has ended. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Starts `kubelet-cli run` with a configuration file made for the testbed; disposing ends it and leaves the pods alone. */
export const startKubelet = async (bed: Testbed, options: StartKubeletOptions = {}): Promise<KubeletProcess> => {
  const { nodeName = 'node1' } = options;
  const configPath = join(bed.directory, 'kubelet.yaml');
  await mkdir(bed.rootDirectory, { recursive: true });
  await writeFile(configPath, JSON.stringify({ ...testbedConfiguration(bed), ...options.config }));
  const child = spawn(
    process.execPath,
    [
      kubeletBinary,
      'run',
      '--config',
      configPath,
      '--root-dir',
      bed.rootDirectory,
      '--hostname-override',
      nodeName,
      ...(options.flags ?? []),
    ],
    { stdio: ['ignore', 'inherit', 'pipe'], env: { ...process.env, ...options.env } },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = outcome(child);
  await once(child, 'spawn');
  const end = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals> => {
    child.kill(signal);
    return ended;
  };
  return { pid: child.pid!, nodeName, log: () => log, end, ended, [Symbol.asyncDispose]: async () => void (await end()) };
};

/** The configuration file's content: everything inside the testbed, every port off. */
export const testbedConfiguration = (bed: Testbed): Readonly<Record<string, unknown>> => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  containerRuntimeEndpoint: bed.endpoint,
  staticPodPath: bed.manifestDirectory,
  podLogsDir: bed.podLogsDirectory,
  cgroupRoot: bed.cgroupRoot,
  authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
  authorization: { mode: 'AlwaysAllow' },
  failSwapOn: false,
  failCgroupV1: false,
  enableServer: false,
  healthzPort: 0,
});

const outcome = async (child: ChildProcess): Promise<number | NodeJS.Signals> => {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? signal!;
};
