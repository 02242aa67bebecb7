import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createCriClient } from '@solo-kubelet/cri-client';
import { PAUSE_IMAGE } from '@solo-kubelet/standalone-node/images';
import { waitFor } from './wait-for.js';

const run = promisify(execFile);

/** A CRI-O of a test's own, with the cgroupfs driver. */
export interface PrivateCrio {
  readonly endpoint: string;
  /** Ends the daemon; containers and their monitors run on. */
  stop(): Promise<void>;
}

export interface StartCrioOptions {
  /** Store, state, socket and networks lie below it. */
  readonly directory: string;
  /** Name of the pods' bridge. */
  readonly bridge: string;
  /** IPv4 CIDR of the pods. */
  readonly subnet: string;
  readonly cniPluginDirectory: string;
  /** Of runc. */
  readonly runc: string;
  readonly settings?: CrioSettings;
}

/** What tests ask of a CRI-O beyond its ordinary set-up. */
export interface CrioSettings {
  /** `enable_pod_events`: whether GetContainerEvents tells anything. Default false, as CRI-O ships. */
  readonly podEvents?: boolean;
  /** Gives images and containers a disk of their own, of this size in MiB. Default: the machine's. */
  readonly storageMiB?: number;
}

/** Why there is no CRI-O to test on. No Debian suite has it: who wants the tests says where a `crio` and its `pinns` lie. */
export const lacksCrio = (): string | undefined =>
  process.env['CRIO_BIN']
    ? undefined
    : 'CRIO_BIN does not say where a crio (with pinns beside it) is; Debian’s conmon and skopeo are needed too';

/** How long CRI-O may take to end once it is told to. */
const STOP_LIMIT_MS = 10_000;

export const startCrio = async (options: StartCrioOptions): Promise<PrivateCrio> => {
  const { directory } = options;
  const crio = process.env['CRIO_BIN'] ?? 'crio';
  for (const name of ['storage', 'run', 'cni', 'exits', 'attach', 'hooks', 'cdi']) await mkdir(join(directory, name), { recursive: true });
  const { storageMiB } = options.settings ?? {};
  if (storageMiB !== undefined) await mountMemory(join(directory, 'storage'), storageMiB);
  await writeFile(join(directory, 'cni/10-bridge.conflist'), network(options));
  await writeFile(join(directory, 'policy.json'), '{"default": [{"type": "insecureAcceptAnything"}]}');
  await writeFile(join(directory, 'registries.conf'), 'unqualified-search-registries = []\n');
  await writeFile(join(directory, 'storage.conf'), storage(directory));
  await writeFile(join(directory, 'crio.conf'), configuration(options, dirname(crio), await runtimeProgram(options)));
  const log = await open(join(directory, 'crio.log'), 'a');
  const child: ChildProcess = spawn(crio, ['--config', join(directory, 'crio.conf'), '--config-dir', ''], {
    stdio: ['ignore', log.fd, log.fd],
    env: {
      ...process.env,
      CONTAINERS_STORAGE_CONF: join(directory, 'storage.conf'),
      CONTAINERS_REGISTRIES_CONF: join(directory, 'registries.conf'),
    },
  });
  await once(child, 'spawn').finally(() => log.close());
  const endpoint = `unix://${join(directory, 'crio.sock')}`;
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || !child.kill()) return;
    // CRI-O 1.36.3 may say `close of closed channel` and stay for ever.
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await once(child, 'exit').finally(() => clearTimeout(timer));
  };
  const answers = async (): Promise<true> => {
    if (child.exitCode !== null) throw new Error(`crio ended: ${(await readFile(join(directory, 'crio.log'), 'utf8')).slice(-2_000)}`);
    await using cri = createCriClient({ endpoint, timeoutMs: 5_000 });
    await cri.runtime.version({});
    return true;
  };
  try {
    await waitFor(answers, { what: 'a CRI-O that answers', timeoutMs: 60_000 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, stop };
};

/** Whoever sweeps the directory unmounts it. */
const mountMemory = async (path: string, sizeMiB: number): Promise<void> => {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}M`, '--', 'storage', path]);
};

const network = ({ bridge, subnet, directory }: StartCrioOptions): string =>
  JSON.stringify({
    cniVersion: '1.0.0',
    name: bridge,
    plugins: [
      {
        type: 'bridge',
        bridge,
        isGateway: true,
        ipam: { type: 'host-local', dataDir: join(directory, 'ipam'), ranges: [[{ subnet }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
    ],
  });

const storage = (directory: string): string =>
  `[storage]\ndriver = "overlay"\ngraphroot = "${directory}/storage"\nrunroot = "${directory}/run"\n`;

const configuration = ({ directory, cniPluginDirectory, settings }: StartCrioOptions, programs: string, runtime: string): string => `[crio]
root = "${directory}/storage"
runroot = "${directory}/run"
storage_driver = "overlay"
version_file = "${directory}/version"
version_file_persist = "${directory}/version-persist"
clean_shutdown_file = "${directory}/clean-shutdown"
[crio.api]
listen = "${directory}/crio.sock"
stream_address = "127.0.0.1"
stream_port = "0"
[crio.runtime]
cgroup_manager = "cgroupfs"
conmon_cgroup = "pod"
default_runtime = "runc"
pinns_path = "${programs}/pinns"
namespaces_dir = "${directory}/ns"
container_exits_dir = "${directory}/exits"
container_attach_socket_dir = "${directory}/attach"
hooks_dir = ["${directory}/hooks"]
cdi_spec_dirs = ["${directory}/cdi"]
enable_pod_events = ${settings?.podEvents ?? false}
[crio.runtime.runtimes.runc]
runtime_path = "${runtime}"
runtime_root = "${directory}/runc-state"
monitor_path = "/usr/bin/conmon"
monitor_cgroup = "pod"
[crio.image]
pause_image = "${PAUSE_IMAGE}"
pause_command = "/pause"
signature_policy = "${directory}/policy.json"
[crio.network]
network_dir = "${directory}/cni"
plugin_dirs = ["${cniPluginDirectory}"]
[crio.nri]
enable_nri = false
`;

const CAP_SYS_RESOURCE = 24n;

/**
 * runc; where this machine lacks CAP_SYS_RESOURCE, a wrapper that leaves out of each bundle what needs it, and huge pages that nothing mounts: CRI-O has
 * no setting like containerd's `restrict_oom_score_adj`.
 */
const runtimeProgram = async ({ directory, runc }: StartCrioOptions): Promise<string> => {
  const effective = /^CapEff:\s*(\w+)$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? 'f'.repeat(16);
  if ((BigInt(`0x${effective}`) >> CAP_SYS_RESOURCE) & 1n) return runc;
  const path = join(directory, 'runc');
  await writeFile(path, WRAPPER.replace('RUNC', runc));
  await chmod(path, 0o755);
  return path;
};

const WRAPPER = `#!/usr/bin/env python3
import json, os, sys
args = sys.argv[1:]

def edit(path, change):
    with open(path) as file: document = json.load(file)
    change(document)
    with open(path, 'w') as file: json.dump(document, file)

def process(p):
    if p.get('oomScoreAdj', 0) < 0: p['oomScoreAdj'] = 0
    for names in (p.get('capabilities') or {}).values():
        if names and 'CAP_SYS_RESOURCE' in names: names.remove('CAP_SYS_RESOURCE')

def bundle(spec):
    process(spec['process'])
    spec.get('linux', {}).get('resources', {}).pop('hugepageLimits', None)

if 'create' in args:
    edit(os.path.join(args[args.index('--bundle') + 1] if '--bundle' in args else '.', 'config.json'), bundle)
elif 'exec' in args:
    for flag in ('--process', '-p'):
        if flag in args: edit(args[args.index(flag) + 1], process)
os.execv('RUNC', ['runc', *args])
`;
