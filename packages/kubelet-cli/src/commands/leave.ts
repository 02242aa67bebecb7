import { access, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import {
  type ApiClient,
  apiPath,
  ClusterError,
  createApiClient,
  createCredentials,
  drainNode,
  isNotFound,
  loadKubeconfig,
  planDrain,
} from '@solo-kubelet/cluster-client';
import { describeError } from '@solo-kubelet/diagnostics';
import { JOIN_PATHS, JOIN_UNIT_PATH, KUBECONFIG_PATH, runSystemctl, startService } from '@solo-kubelet/standalone-node/install';
import { CliError } from '../cli-error.js';
import { type CliIo, print } from '../cli-io.js';
import { EXIT } from '../exit-status.js';
import { productVersion } from '../version.js';

export interface LeaveOptions {
  readonly kubeconfigPath?: string;
  /** Default 5 minutes. */
  readonly timeoutMs?: number;
  readonly force: boolean;
  /** Only says what it would do. */
  readonly dryRun: boolean;
  /** Default `/`. */
  readonly root?: string;
}

type LeaveIo = Pick<CliIo, 'stdout' | 'stderr' | 'interrupted'>;

/** `leave`: the cluster first, then the files of `join`, then the service. What fails before the files are touched leaves the node in the cluster. */
export const leave = async (options: LeaveOptions, io: LeaveIo): Promise<number> => {
  const { force, dryRun, root = '/' } = options;
  const at = (path: string): string => (root === '/' ? path : `${root}${path}`);
  if (root === '/' && !dryRun && process.getuid?.() !== 0) {
    throw new CliError({
      code: 'CLI_HOST_UNSUITABLE',
      message: 'only root can make this machine leave its cluster',
      hint: 'sudo kubelet-cli leave',
    });
  }
  const nodeName = await joinedAs(at(JOIN_UNIT_PATH));
  const api = await connect(options.kubeconfigPath ?? at(KUBECONFIG_PATH)).catch((error: unknown) => forgive(error, force, io));
  if (dryRun) return show({ api, nodeName, paths: LEFT_PATHS.map(at) }, options, io).finally(() => api?.closeConnections());
  try {
    if (api !== undefined) await drain(api, nodeName, options, io).catch((error: unknown) => forgive(error, force, io));
    io.interrupted.throwIfAborted();
    for (const path of LEFT_PATHS.map(at)) {
      await rm(path, { force: true });
      print(io.stdout, `removed   ${path}\n`);
    }
    const status = await restart(root, io);
    // Only now: a kubelet that still runs in the cluster could make the Node anew.
    if (api === undefined || !(await removeNode(api, nodeName, io)))
      print(io.stdout, `In the cluster, its Node is still to be removed: kubectl delete node ${nodeName}\n`);
    return status;
  } finally {
    api?.closeConnections();
  }
};

/** A certificate of this cluster must not serve in the next; those of clients are asked for anew in any case. */
const LEFT_PATHS = [...[...JOIN_PATHS].reverse(), '/var/lib/kubelet/pki/kubelet-server-current.pem'];

interface Shown {
  readonly api: ApiClient | undefined;
  readonly nodeName: string;
  readonly paths: readonly string[];
}

/** `--dry-run`: the cluster is asked about each Pod, since budgets and rights are its to know. */
const show = async ({ api, nodeName, paths }: Shown, { force }: LeaveOptions, io: LeaveIo): Promise<number> => {
  const tell = (text: string): void => print(io.stdout, `${text}\n`);
  const plan = api && (await planDrain({ api, nodeName, signal: io.interrupted }).catch((error: unknown) => forgive(error, force, io)));
  for (const { pod, heldBack } of plan?.evicted ?? [])
    tell(`would evict   ${pod}${heldBack === undefined ? '' : `: not now: ${heldBack}`}`);
  for (const pod of plan?.left ?? []) tell(`would leave   ${pod}`);
  for (const path of paths) if (await isThere(path)) tell(`would remove  ${path}`);
  tell(`would remove  Node ${nodeName}, if the credentials suffice`);
  tell('\nNothing was changed.');
  return EXIT.done;
};

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const forgive = (error: unknown, force: boolean, io: LeaveIo): undefined => {
  if (!force || !ClusterError.is(error) || io.interrupted.aborted) throw error;
  print(io.stderr, `${describeError(error)}; going on all the same.\n`);
  return undefined;
};

/** The node's name, out of what `join` wrote. @throws CliError CLI_NOT_FOUND */
const joinedAs = async (path: string): Promise<string> => {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new CliError({
      code: 'CLI_NOT_FOUND',
      message: `this node was not joined to a cluster by kubelet-cli join: there is no ${path}`,
    });
  });
  return /--hostname-override=([-.a-z0-9]+)/.exec(text)?.[1] ?? hostname().toLowerCase();
};

const connect = async (path: string): Promise<ApiClient> => {
  const kubeconfig = await loadKubeconfig(path);
  return createApiClient({ kubeconfig, credentials: createCredentials({ kubeconfig }), userAgent: `kubelet-cli/${productVersion()}` });
};

const drain = async (api: ApiClient, nodeName: string, { timeoutMs }: LeaveOptions, io: LeaveIo): Promise<void> => {
  try {
    await drainNode({
      api,
      nodeName,
      signal: io.interrupted,
      onEvicted: (pod) => print(io.stdout, `evicted   ${pod}\n`),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  } catch (error) {
    // There is no such Node any more: nothing to drain.
    if (!isNotFound(error)) throw error;
  }
};

const restart = async (root: string, io: LeaveIo): Promise<number> => {
  const hasSystemd = await isThere('/run/systemd/system');
  if (root !== '/' || !hasSystemd) {
    print(io.stdout, 'Nothing was started: the kubelet is on its own when solo-kubelet.service starts again.\n');
    return EXIT.done;
  }
  const service = await startService(runSystemctl, { changed: true });
  for (const line of service.done) print(io.stdout, `${line}\n`);
  for (const line of service.wrong) print(io.stderr, `${line}\n`);
  return service.isDead ? EXIT.failed : EXIT.done;
};

/** False: it is still there, because the credentials do not suffice or the cluster is away. */
const removeNode = async (api: ApiClient, nodeName: string, io: LeaveIo): Promise<boolean> => {
  try {
    await api.request({ method: 'DELETE', path: apiPath('api/v1/nodes', nodeName), signal: io.interrupted });
    print(io.stdout, `removed   Node ${nodeName}\n`);
    return true;
  } catch (error) {
    if (isNotFound(error)) return true;
    if (ClusterError.is(error)) return false;
    throw error;
  }
};
