import { access, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { discoverCluster } from '@solo-kubelet/cluster-client';
import {
  JOIN_UNIT_PATH,
  JOIN_VARIABLE,
  type JoinFile,
  joinPlan,
  KUBECONFIG_PATH,
  runSystemctl,
  startService,
  UNIT_PATH,
} from '@solo-kubelet/standalone-node/install';
import { writeDurably } from '@solo-kubelet/state-files';
import { CliError } from '../cli-error.js';
import { type CliIo, print } from '../cli-io.js';
import { EXIT } from '../exit-status.js';
import { productVersion } from '../version.js';

export interface JoinCommandOptions {
  readonly server: string;
  readonly token: string;
  readonly caCertHashes: readonly string[];
  readonly nodeName?: string;
  /** Default `/`. */
  readonly root?: string;
  readonly dryRun: boolean;
}

type JoinIo = Pick<CliIo, 'stdout' | 'stderr' | 'interrupted'>;

/** Units of `install`, and of packages. */
const UNIT_PATHS = [UNIT_PATH, '/usr/lib/systemd/system/solo-kubelet.service', '/lib/systemd/system/solo-kubelet.service'];

/** `join`: everything is asked and checked before the first file is written, and the unit's part is the last of them. */
export const join = async (options: JoinCommandOptions, io: JoinIo): Promise<number> => {
  const { dryRun, root = '/', nodeName } = options;
  const at = (path: string): string => (root === '/' ? path : `${root}${path}`);
  const name = nodeName ?? hostname().toLowerCase();
  checkNodeName(name);
  if (root === '/' && !dryRun && process.getuid?.() !== 0) {
    throw new CliError({
      code: 'CLI_HOST_UNSUITABLE',
      message: 'only root can make this machine join a cluster',
      hint: 'sudo kubelet-cli join …',
    });
  }
  await requireNotJoined([at(KUBECONFIG_PATH), at(JOIN_UNIT_PATH)]);
  const lacking = await lacksUnit(UNIT_PATHS.map(at));
  if (lacking !== undefined && !dryRun) throw lacking;
  const cluster = await discoverCluster({ ...options, userAgent: `kubelet-cli/${productVersion()}`, signal: io.interrupted });
  print(io.stdout, `trusted   ${cluster.server}: signed by token ${options.token.split('.')[0]}, and its authority has the hash\n`);
  const files = joinPlan({ ...cluster, root, token: options.token, nodeName });
  if (dryRun) {
    for (const file of files) print(io.stdout, `\nwould write ${file.path} (${modeText(file)}):\n${file.shown}`);
    print(io.stdout, '\nNothing was changed.\n');
    if (lacking !== undefined) print(io.stderr, `${lacking.message}\n${lacking.hint}\n`);
    return EXIT.done;
  }
  for (const { path, text, mode } of files) {
    io.interrupted.throwIfAborted();
    await writeDurably(path, text, { mode, directoryMode: 0o755 });
    print(io.stdout, `made      ${path}\n`);
  }
  if (root !== '/' || !(await isThere('/run/systemd/system'))) {
    print(io.stdout, `Nothing was started: the kubelet joins when solo-kubelet.service starts. ${nextSteps(name)}`);
    return EXIT.done;
  }
  const service = await startService(runSystemctl, { changed: true });
  for (const line of service.done) print(io.stdout, `${line}\n`);
  for (const line of service.wrong) print(io.stderr, `${line}\n`);
  if (service.isDead) return EXIT.failed;
  print(io.stdout, nextSteps(name));
  return EXIT.done;
};

const modeText = ({ mode }: JoinFile): string => `mode ${mode.toString(8)}`;

const nextSteps = (name: string): string => `The kubelet asks the cluster for a certificate and waits until it is signed. In the cluster:
  kubectl get nodes ${name}
  kubectl get csr        # where certificates are not approved by themselves: kubectl certificate approve NAME
`;

/** @throws CliError CLI_USAGE */
const checkNodeName = (name: string): void => {
  if (name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)) return;
  throw new CliError({
    code: 'CLI_USAGE',
    message: `${JSON.stringify(name.slice(0, 300))} cannot be the name of a node: want lower-case letters, digits, - and .`,
    hint: '--node-name NAME',
  });
};

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );

const requireNotJoined = async (paths: readonly string[]): Promise<void> => {
  for (const path of paths) {
    if (!(await isThere(path))) continue;
    throw new CliError({
      code: 'CLI_REFUSED',
      message: `this node belongs to a cluster already: there is ${path}`,
      hint: 'kubelet-cli leave',
    });
  }
};

/** Undefined: there is a unit that takes flags from a drop-in. */
const lacksUnit = async (paths: readonly string[]): Promise<InstanceType<typeof CliError> | undefined> => {
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => undefined)));
  const text = texts.find((each) => each !== undefined);
  if (text?.includes(`$${JOIN_VARIABLE}`)) return undefined;
  return new CliError({
    code: 'CLI_PREREQUISITE_MISSING',
    message:
      text === undefined
        ? 'the service is not installed, and there is nothing to join with'
        : 'the unit of the service is an older one and takes no further flags',
    hint: 'kubelet-cli install',
  });
};
