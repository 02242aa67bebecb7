import { execFile } from 'node:child_process';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type CriClient, createCriClient } from '@solo-kubelet/cri-client';
import {
  containerdLayout,
  findLeftovers,
  importImages,
  type PrivateContainerd,
  pickSubnet,
  removeAllPods,
  startContainerd,
  subnetCandidates,
  sweep,
} from '@solo-kubelet/standalone-node/containerd';
import { PAUSE_IMAGE } from '@solo-kubelet/standalone-node/images';
import { buildImages } from '@solo-kubelet-tools/images';
import { skopeoTarget } from '../../../packages/standalone-node/src/images/skopeo-target.js';
import { cacheDirectory } from './cache-directory.js';
import { type ContainerdRelease, containerdOfRelease } from './containerd-release.js';
import { networkLeaks } from './network-leaks.js';
import { type CrioSettings, startCrio } from './start-crio.js';

const run = promisify(execFile);

export interface TestbedOptions {
  /** Default: containerd, or CRI-O where `SOLO_TEST_RUNTIME=cri-o` asks for it. See `lacksCrio`. */
  readonly runtime?: 'containerd' | 'cri-o';
  /** What a CRI-O does otherwise than usual. */
  readonly crio?: CrioSettings;
  /** Default: '1.6', the machine's own. */
  readonly containerd?: ContainerdRelease;
  /** Whether to import the images of tools/images. Default: true. */
  readonly images?: boolean;
}

/** A containerd of one's own with everything a kubelet needs beside it. Disposing it removes it to the last mount. */
export interface Testbed extends AsyncDisposable {
  /** Of a testbed that runs one. */
  readonly containerd: PrivateContainerd;
  /** `unix://…`. */
  readonly endpoint: string;
  readonly cri: CriClient;
  /** Scratch directory, removed at the end. */
  readonly directory: string;
  /** For a kubelet's --root-dir. */
  readonly rootDirectory: string;
  /** For a kubelet's podLogsDir. */
  readonly podLogsDirectory: string;
  /** For a kubelet's staticPodPath; exists and is empty. */
  readonly manifestDirectory: string;
  /** For a kubelet's cgroupRoot. */
  readonly cgroupRoot: string;
  /** IPv4 CIDR of the pods. */
  readonly subnet: string;
  /** What of this testbed is on the machine now. Empty after disposal; tests assert that. */
  leaks(): Promise<readonly string[]>;
}

/** Starts a private container runtime: own root, state, socket, bridge, pod subnet and cgroups, so that any number can run side by side. */
export const startTestbed = async (options: TestbedOptions = {}): Promise<Testbed> => {
  const binaries = await containerdOfRelease(options.containerd ?? '1.6');
  const archives = await buildImages({ directory: join(cacheDirectory(), 'images') });
  const directory = await mkdtemp('/tmp/solo-');
  const layout = containerdLayout(join(directory, 'node'), join(directory, 'run'));
  const cgroupRoot = `/${layout.networkName}`;
  const swept = { layout, cgroupRoot, directories: [directory] };
  const subnet = await reserveSubnet(Number.parseInt(layout.networkName.slice(-6), 16));

  const clean = async (): Promise<void> => {
    await sweep(swept);
    await run('ip', ['route', 'delete', 'blackhole', subnet, 'metric', BLACKHOLE_METRIC]);
  };

  try {
    if ((options.runtime ?? process.env['SOLO_TEST_RUNTIME']) === 'cri-o') {
      const settings = options.crio ?? {};
      const crio = await startCrio({ ...binaries, directory: join(directory, 'c'), bridge: layout.bridge, subnet, settings });
      return await bedOn({ endpoint: crio.endpoint, isUp: () => true, stop: crio.stop });
    }
    const containerd = await startContainerd({ layout, binaries, subnet, masquerade: false, sandboxImage: PAUSE_IMAGE, supervise: false });
    return await bedOn({ containerd, endpoint: containerd.endpoint, isUp: () => containerd.pid !== undefined, stop: containerd.stop });
  } catch (error) {
    await clean();
    throw error;
  }

  async function bedOn({ containerd, endpoint, isUp, stop }: RunningRuntime): Promise<Testbed> {
    const cri = createCriClient({ endpoint });
    const target = containerd ?? (await skopeoTarget(cri, endpoint, { signal: AbortSignal.timeout(IMPORT_TIMEOUT_MS) }));
    if (options.images !== false) await importImages(target, archives);
    const bed = await directoriesOf(directory);
    return {
      get containerd() {
        if (containerd === undefined) throw new Error('this testbed runs CRI-O');
        return containerd;
      },
      endpoint,
      cri,
      directory,
      ...bed,
      cgroupRoot,
      subnet,
      leaks: async () => [...(await findLeftovers(swept)), ...(await networkLeaks(bed.rootDirectory))],
      [Symbol.asyncDispose]: async () => {
        if (isUp()) await removeAllPods(cri).catch(() => undefined);
        await cri[Symbol.asyncDispose]();
        await stop();
        await clean();
      },
    };
  }
};

interface RunningRuntime {
  readonly containerd?: PrivateContainerd;
  readonly endpoint: string;
  readonly isUp: () => boolean;
  readonly stop: () => Promise<void>;
}

const IMPORT_TIMEOUT_MS = 300_000;

const directoriesOf = async (directory: string) => {
  const rootDirectory = join(directory, 'kubelet');
  const podLogsDirectory = join(directory, 'pods');
  const manifestDirectory = join(directory, 'manifests');
  for (const path of [rootDirectory, podLogsDirectory, manifestDirectory]) await mkdir(path);
  return { rootDirectory, podLogsDirectory, manifestDirectory };
};

const BLACKHOLE_METRIC = '4200000000';

/**
 * Takes a subnet that no route of the machine touches by giving it a blackhole route: another testbed then fails to add the same one,
 * and a packet to a pod that is gone dies here instead of leaving the machine.
 */
const reserveSubnet = async (seed: number): Promise<string> => {
  const { stdout } = await run('ip', ['-4', 'route', 'show', 'table', 'all']);
  const routes = stdout.split('\n').flatMap((line) => /^(?:\w+ )?(\d[\d./]*)/.exec(line)?.[1] ?? []);
  for (let rest = subnetCandidates(seed), left = rest.length; left > 0; left -= 1) {
    const subnet = pickSubnet(rest, routes);
    if (subnet === undefined) break;
    const added = await run('ip', ['route', 'add', 'blackhole', subnet, 'metric', BLACKHOLE_METRIC]).catch(() => undefined);
    if (added !== undefined) return subnet;
    rest = rest.filter((candidate) => candidate !== subnet);
  }
  throw new Error('every pod subnet is taken: are there testbeds left over? (ip route show type blackhole)');
};
