import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { containerdLayout, importImages, startContainerd, sweep } from '@solo-kubelet/standalone-node/containerd';
import { localArchitecture, PAUSE_IMAGE, writeImageArchive } from '@solo-kubelet/standalone-node/images';
import { kubeletBinary, waitFor } from '@solo-kubelet-tools/testbed';
import { cacheDirectory } from '../../testbed/src/cache-directory.js';
import { containerdOfRelease } from '../../testbed/src/containerd-release.js';
import { conformanceImages } from './images.js';
import { readReport, tableOf } from './report.js';
import { ADMIN_TOKEN, type Cluster, startCluster } from './start-cluster.js';

const HELP = `usage: pnpm --filter @solo-kubelet-tools/node-conformance start --out DIRECTORY [--kubelet ours|upstream] [--suite e2e|node]
                                                                   [--focus REGEX] [--skip REGEX] [--procs 4] [--hold] [--keep]

Runs Kubernetes' own node conformance specs from outside against a kubelet that has joined a real kube-apiserver, and writes which passed to
DIRECTORY/NAME.json. As root, in a network and with directories of its own. These name what no package ships (docs/node-conformance.md):

  KUBE         kube-apiserver, kube-controller-manager, kube-scheduler and kubelet in one program
  ETCD         etcd
  E2E_BINARIES a directory with ginkgo, e2e.test, e2e_node.test, agnhost, nnp, localhost.crt and localhost.key
  KUBELET_CLI  this kubelet's program; default: the built one`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    out: { type: 'string' },
    kubelet: { type: 'string', default: 'ours' },
    suite: { type: 'string', default: 'e2e' },
    focus: { type: 'string', default: '\\[NodeConformance\\]' },
    skip: { type: 'string', default: '\\[Serial\\]|\\[Disruptive\\]|\\[Slow\\]|\\[Flaky\\]|\\[Feature:' },
    procs: { type: 'string', default: '4' },
    hold: { type: 'boolean' },
    keep: { type: 'boolean' },
  },
});

const NODE = 'node1';
const ADDRESS = '10.243.0.2';
const ISOLATED = 'NODE_CONFORMANCE_DIRECTORY';
const here = dirname(fileURLToPath(import.meta.url));

const needed = (name: string): string => {
  const path = process.env[name];
  if (path === undefined || !existsSync(path)) throw new Error(`${name} names nothing that is there; see --help`);
  return path;
};

const main = async (): Promise<number> => {
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.out === undefined) throw new Error('--out is needed; see --help');
  const directory = process.env[ISOLATED];
  return directory === undefined ? isolate() : run(directory, resolve(values.out));
};

/** Starts this program once more where the ports, paths and process numbers of a node are free; whatever it leaves ends with it. */
const isolate = async (): Promise<number> => {
  const directory = await mkdtemp('/tmp/conform-');
  const inside = [join(here, 'in-own-network.sh'), directory, NODE, process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];
  const child = spawn('unshare', [...namespaces, 'sh', ...inside], { stdio: 'inherit', env: { ...process.env, [ISOLATED]: directory } });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill('SIGKILL'));
  const [status] = (await once(child, 'exit')) as [number | null];
  const { layout, cgroupRoot } = placesIn(directory);
  await sweep({ layout, cgroupRoot, directories: values.keep ? [] : [directory] });
  return status ?? 1;
};

const placesIn = (directory: string) => {
  const layout = containerdLayout(join(directory, 'node'), join(directory, 'run'));
  return { layout, cgroupRoot: `/${layout.networkName}` };
};

const run = async (directory: string, out: string): Promise<number> => {
  const programs = { kube: needed('KUBE'), etcd: needed('ETCD') };
  const binaries = needed('E2E_BINARIES');
  await mkdir(out, { recursive: true });
  const { layout, cgroupRoot } = placesIn(directory);
  tell('runtime');
  const containerd = await startContainerd({
    layout,
    binaries: await containerdOfRelease('1.6'),
    subnet: '10.244.0.0/24',
    masquerade: false,
    sandboxImage: PAUSE_IMAGE,
    supervise: false,
  });
  await importImages(containerd, [await imageArchive(binaries)]);
  tell('cluster');
  const cluster = await startCluster(programs, join(directory, 'cluster'), NODE);
  tell('kubelet');
  await startKubelet({ cluster, kube: programs.kube, directory, endpoint: containerd.endpoint, cgroupRoot });
  if (values.hold) {
    tell(`holding; kubeconfig ${cluster.adminKubeconfig}`);
    await new Promise(() => setInterval(() => undefined, 60_000));
  }
  tell('specs');
  return await runSpecs(cluster, binaries, out, containerd.endpoint);
};

/** Made once: it takes longer than to start a cluster. */
const imageArchive = async (binaries: string): Promise<string> => {
  const path = join(binaries, 'images.tar');
  if (existsSync(path)) return path;
  const architecture = localArchitecture(process.arch)!;
  const at = (name: string): string => join(binaries, name);
  const files = { agnhost: at('agnhost'), nnp: at('nnp'), 'localhost.crt': at('localhost.crt'), 'localhost.key': at('localhost.key') };
  const images = await conformanceImages({ architecture, files, cacheDirectory: join(cacheDirectory(), 'images') });
  await writeImageArchive(`${path}.draft`, images);
  await rename(`${path}.draft`, path);
  return path;
};

interface KubeletOptions {
  readonly cluster: Cluster;
  readonly kube: string;
  readonly directory: string;
  readonly endpoint: string;
  readonly cgroupRoot: string;
}

const startKubelet = async ({ cluster, kube, directory, endpoint, cgroupRoot }: KubeletOptions): Promise<void> => {
  const config = join(directory, 'kubelet.yaml');
  const staticPodPath = join(directory, 'manifests');
  await mkdir(staticPodPath);
  await makeCgroup(cgroupRoot);
  await writeFile(
    config,
    JSON.stringify({
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      containerRuntimeEndpoint: endpoint,
      staticPodPath,
      cgroupRoot,
      authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
      readOnlyPort: 10255,
      failSwapOn: false,
      failCgroupV1: false,
      fileCheckFrequency: '10s',
      serializeImagePulls: false,
      volumeStatsAggPeriod: '10s',
      evictionHard: { 'memory.available': '250Mi', 'nodefs.available': '2%', 'nodefs.inodesFree': '2%' },
    }),
  );
  // biome-ignore format: a flag and its value
  const flags = ['--config', config, '--kubeconfig', cluster.nodeKubeconfig, '--root-dir', '/var/lib/kubelet',
    '--cert-dir', '/var/lib/kubelet/pki', '--hostname-override', NODE, '--node-ip', ADDRESS];
  const [program, first] = values.kubelet === 'upstream' ? [kube, ['kubelet']] : [process.execPath, [kubeletProgram(), 'run']];
  const child = await cluster.launch('kubelet', program, [...first, ...flags, '-v', '4']);
  await waitFor(async () => child.exitCode !== null || (await isReady(cluster)), { what: 'a node that is ready', timeoutMs: 120_000 });
  if (child.exitCode !== null) throw new Error(`the kubelet ended; see ${directory}/cluster/kubelet.log`);
};

/** The real kubelet wants its root to be there. One tree per controller on cgroup v1, a single one on v2. */
const makeCgroup = async (name: string): Promise<void> => {
  const mount = '/sys/fs/cgroup';
  const isV2 = existsSync(join(mount, 'cgroup.controllers'));
  const controllers = isV2
    ? ['.']
    : (await readdir(mount, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  for (const controller of controllers) await mkdir(join(mount, controller, name)).catch(() => undefined);
};

const kubeletProgram = (): string => process.env['KUBELET_CLI'] ?? kubeletBinary;

const isReady = async (cluster: Cluster): Promise<boolean> => {
  const { stdout } = spawnSync(
    'curl',
    ['-sk', '-m', '5', '-H', `Authorization: Bearer ${ADMIN_TOKEN}`, `${cluster.url}/api/v1/nodes/${NODE}`],
    { encoding: 'utf8' },
  );
  const node = JSON.parse(stdout) as { status?: { conditions?: { type: string; status: string }[] } };
  return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
};

const runSpecs = async (cluster: Cluster, binaries: string, out: string, endpoint: string): Promise<number> => {
  const name = `${values.kubelet}-${values.suite}`;
  const report = `${name}.ginkgo.json`;
  const common = ['--report-dir', out, `--container-runtime-endpoint=${endpoint}`];
  const suite =
    values.suite === 'node'
      ? ['e2e_node.test', '--start-services=false', '--prepull-images=false', `--bearer-token=${ADMIN_TOKEN}`, `--host=${cluster.url}`]
      : ['e2e.test', `--kubeconfig=${cluster.adminKubeconfig}`, '--provider=skeleton', '--disable-log-dump'];
  const [binary, ...flags] = suite;
  const args = [`--procs=${values.procs}`, '--timeout=3h', '--poll-progress-after=0', '--no-color', `--focus=${values.focus}`];
  const ginkgo = [...args, `--skip=${values.skip}`, `--output-dir=${out}`, `--json-report=${report}`, join(binaries, binary!)];
  const child = await cluster.launch('specs', join(binaries, 'ginkgo'), [...ginkgo, '--', ...flags, ...common]);
  const [status] = (await once(child, 'exit')) as [number | null];
  const results = await readReport(join(out, report));
  await writeFile(join(out, `${name}.json`), `${JSON.stringify(results, undefined, 1)}\n`);
  console.log(tableOf(results));
  return status ?? 1;
};

const tell = (step: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${step}`);

const status = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  return 2;
});
// What was started would keep this process alive: it ends with it, as the first process of its own number space.
process.exit(status);
