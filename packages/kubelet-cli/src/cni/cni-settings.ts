import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import {
  type Attachment,
  type CapabilityArgs,
  type CniInvoker,
  createCniInvoker,
  type JsonValue,
  parseCniArgs,
} from '@solo-kubelet/cni-invoker';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import type { RuntimeNetwork } from '@solo-kubelet/kubelet/networks';
import { DEFAULT_NETWORK_DIRECTORY, DEFAULT_PLUGIN_DIRECTORIES, networkStateDirectory } from '@solo-kubelet/kubelet/networks';
import { CliError } from '../cli-error.js';

/** What a command prints to and reads its environment from. */
export interface CniIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** `CNI_PATH`, `NETCONFPATH`, `CNI_IFNAME`, `CNI_ARGS` and `CAP_ARGS` are defaults of options, as with cnitool. Plugins inherit all of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks the container runtime of this machine what it says of its network; undefined when none answers. Default: none is asked. */
  readonly runtimeNetwork?: () => Promise<RuntimeNetwork | undefined>;
  /** Ends the command; a running plugin is killed. */
  readonly signal?: AbortSignal;
}

export type CniCommandName = 'list' | 'status' | 'check' | 'add' | 'del' | 'gc' | 'exec';

/** The command line, read. */
export interface CniSettings {
  readonly command: CniCommandName;
  readonly network?: string;
  readonly netns?: string;
  /** After `--`, for exec. */
  readonly program: readonly string[];
  readonly json: boolean;
  readonly confDirs: readonly string[];
  readonly pluginDirs: readonly string[];
  readonly networkDir: string;
  /** The kubelet's own attachments; only looked at. */
  readonly kubelet: Pick<CniInvoker, 'attachments'>;
  readonly keep: readonly string[];
  /** Everything but the namespace. */
  readonly attachment: Omit<Attachment, 'netns' | 'containerId'> & { readonly containerId?: string };
  readonly cni: CniInvoker;
}

export const CNI_USAGE = `Usage: kubelet-cli cni COMMAND

  list                              networks and what is attached to them
  status [NETWORK]                  whether networks could serve a pod now
  add    NETWORK NETNS              attach a network namespace; prints the result
  check  NETWORK NETNS              ask the plugins whether it is still as added
  del    NETWORK NETNS              detach it; NETNS may be gone
  gc     [NETWORK]                  detach what has no network namespace any more
  exec   NETWORK [NETNS] -- PROGRAM run a program in an attached namespace, then detach

Options:
  --conf-dir DIR         network files, may be repeated (NETCONFPATH; /etc/cni/net.d)
  --network-dir DIR      networks of the annotation k8s.v1.cni.cncf.io/networks
                         (/etc/solo-kubelet/networks)
  --root-dir DIR         the kubelet's, whose attachments list shows and gc keeps
                         (/var/lib/kubelet)
  --plugin-dir DIR       plugins, may be repeated (CNI_PATH; /opt/cni/bin, /usr/lib/cni)
  --cache-dir DIR        results of earlier calls (/var/lib/cni)
  --container-id ID      default: made from NETNS, as cnitool does
  --ifname NAME          interface inside (CNI_IFNAME; eth0)
  --args K=V;K=V         CNI_ARGS
  --capability-args JSON for plugins that declare the capability (CAP_ARGS)
  --keep ID              gc: also keep this container's attachments, may be repeated
  --timeout SECONDS      longest run of one plugin (60)
  -o json                print JSON
`;

const options = {
  'conf-dir': { type: 'string', multiple: true },
  'network-dir': { type: 'string', default: DEFAULT_NETWORK_DIRECTORY },
  'root-dir': { type: 'string', default: '/var/lib/kubelet' },
  'plugin-dir': { type: 'string', multiple: true },
  'cache-dir': { type: 'string', default: '/var/lib/cni' },
  'container-id': { type: 'string' },
  ifname: { type: 'string' },
  args: { type: 'string' },
  'capability-args': { type: 'string' },
  keep: { type: 'string', multiple: true },
  timeout: { type: 'string', default: '60' },
  output: { type: 'string', short: 'o' },
} as const;

/** Least and most words after the command's name. */
const words: Readonly<Record<CniCommandName, readonly [number, number]>> = {
  list: [0, 0],
  status: [0, 1],
  check: [2, 2],
  add: [2, 2],
  del: [2, 2],
  gc: [0, 1],
  exec: [1, 2],
};

/** Reads `kubelet-cli cni`'s arguments. Throws CLI_USAGE. */
export const parseCniArgv = (argv: readonly string[], { env }: Pick<CniIo, 'env'>): CniSettings => {
  const dashes = argv.indexOf('--');
  const { values, positionals } = parse(dashes === -1 ? argv : argv.slice(0, dashes));
  const program = dashes === -1 ? [] : argv.slice(dashes + 1);
  const [command, network, netns] = positionals;
  if (!isCommand(command)) throw usage(command === undefined ? 'a command is missing' : `there is no command ${JSON.stringify(command)}`);
  const [least, most] = words[command];
  if (positionals.length - 1 < least) throw usage(`${command} needs a NETWORK${least === 2 ? ' and a NETNS' : ''}`);
  if (positionals.length - 1 > most) throw usage(`${command} does not take ${JSON.stringify(positionals.at(-1))}`);
  if (command === 'exec' && program.length === 0) throw usage('exec needs a program after --');
  if (values.output !== undefined && values.output !== 'json') throw usage(`-o ${values.output} is not known: json is`);
  const timeoutMs = Number(values.timeout) * 1000;
  if (!(timeoutMs > 0)) throw usage(`--timeout ${values.timeout} is not a number of seconds`);

  const confDirs = values['conf-dir'] ?? [env['NETCONFPATH'] || '/etc/cni/net.d'];
  const pluginDirs = values['plugin-dir'] ?? env['CNI_PATH']?.split(':') ?? DEFAULT_PLUGIN_DIRECTORIES;
  return {
    command,
    network,
    netns,
    program,
    json: values.output === 'json',
    confDirs,
    pluginDirs,
    networkDir: values['network-dir'],
    kubelet: createCniInvoker({ cacheDir: networkStateDirectory(values['root-dir']) }),
    keep: values.keep ?? [],
    attachment: {
      containerId: values['container-id'],
      ifName: values.ifname ?? (env['CNI_IFNAME'] || 'eth0'),
      args: parseCniArgs(values.args ?? env['CNI_ARGS'] ?? ''),
      capabilityArgs: parseCapabilityArgs(values['capability-args'] ?? env['CAP_ARGS'] ?? ''),
    },
    cni: createCniInvoker({ pluginDirs, confDirs, cacheDir: values['cache-dir'], env, timeoutMs }),
  };
};

/** cnitool's container id for a namespace, so that either tool can clean up after the other. */
export const containerIdOf = (netns: string): string => `cnitool-${createHash('sha512').update(netns).digest('hex').slice(0, 20)}`;

const parse = (argv: readonly string[]) => {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
};

const isCommand = (text: string | undefined): text is CniCommandName => text !== undefined && Object.hasOwn(words, text);

const parseCapabilityArgs = (text: string): CapabilityArgs | undefined => {
  if (text === '') return undefined;
  try {
    const value = parseBoundedJson(text) as JsonValue;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as CapabilityArgs;
  } catch {
    // Told below like any other text that is no object.
  }
  throw usage('--capability-args must be a JSON object');
};

const usage = (message: string): CliError => new CliError({ code: 'CLI_USAGE', message, hint: 'kubelet-cli cni --help' });
