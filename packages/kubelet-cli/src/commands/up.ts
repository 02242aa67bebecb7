import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { platform, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { parseGoDuration } from '@solo-kubelet/diagnostics/text';
import type { KubeletService, RunKubeletOptions } from '@solo-kubelet/kubelet';
import { allServices, runKubelet } from '@solo-kubelet/kubelet';
import {
  INGRESS_FLAGS,
  type KubeletConfiguration,
  type KubeletFlags,
  parseIngress,
  parseLoadBalancers,
  parseServiceNetwork,
} from '@solo-kubelet/kubelet/config';
import { createLogger, lockPath } from '@solo-kubelet/kubelet/process';
import {
  memoryConfiguration,
  type Progress,
  simulatedEnvironment,
  simulatedProbes,
  simulatedServiceKernel,
  startMemoryNode,
  startNode,
  upConfiguration,
  upFlags,
} from '@solo-kubelet/standalone-node';
import { DEFAULT_DATA_DIRECTORY } from '@solo-kubelet/standalone-node/defaults';
import { provideSandboxImage } from '@solo-kubelet/standalone-node/sandbox-image';
import { joinSignals } from '@solo-kubelet/timers';
import { tap } from 'rxjs';
import { CliError } from '../cli-error.js';
import { type CliIo, print, usesColor } from '../cli-io.js';
import { lateRuntimeImages } from '../client/late-runtime-images.js';
import { namedProbePlugins } from '../client/named-probe-plugins.js';
import { PLUGINS_FROM } from '../client/plugins-from.js';
import { type CommandInput, flagOption, textOption } from '../command.js';
import { EXIT } from '../exit-status.js';
import { objectTable } from '../output/print-objects.js';
import { podPrinter } from '../output/printers.js';
import { createProgress } from '../output/progress.js';
import { apiOf, askedAddress } from './node-api-address.js';
import { numberOption } from './node-command.js';
import { type Settled, waitUntilStable } from './wait-until-stable.js';

/** Turns a bare machine into a running node. */
export const up = async (input: CommandInput, io: CliIo): Promise<number> => {
  const runtime = textOption(input, 'runtime') ?? 'containerd';
  if (runtime !== 'containerd' && runtime !== 'memory')
    throw usage(`--runtime must be containerd or memory, not ${JSON.stringify(runtime)}`);
  if (input.operands.length > 1) throw usage('up takes one manifest directory');
  checkOptions(input, runtime);
  const progress = createProgress(io.stderr, usesColor(io.stderr, io.env));
  return runtime === 'memory' ? upInMemory(input, io, progress) : upOnContainerd(input, io, progress);
};

/** What is wrong with them is said before anything is started or written. @throws CliError CLI_USAGE */
const checkOptions = (input: CommandInput, runtime: 'containerd' | 'memory'): void => {
  servicesOf(input);
  if (runtime === 'containerd') ingressOf(input);
  askedAddress(input);
  readyTimeoutOf(input);
  numberOption(input, 'verbosity');
};

const upOnContainerd = async (input: CommandInput, io: CliIo, progress: Progress): Promise<number> => {
  requireRootOnLinux();
  const ephemeral = flagOption(input, 'ephemeral');
  const dataDirectory = ephemeral ? undefined : (textOption(input, 'data-dir') ?? DEFAULT_DATA_DIRECTORY);
  if (dataDirectory !== undefined)
    await mkdir(dataDirectory, { recursive: true, mode: 0o711 }).catch((cause: unknown) => {
      throw new CliError({ code: 'CLI_HOST_UNSUITABLE', message: `cannot keep a node in ${dataDirectory}`, cause });
    });
  await using _lock = dataDirectory === undefined ? undefined : await lockPath(dataDirectory);
  const logger = loggerOf(input, io);
  await using node = await startNode({
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
    imageDirectories: ((input.options['images'] as readonly string[] | undefined) ?? []).map((path) => resolve(path)),
    env: io.env,
    progress,
    logger,
    signal: io.interrupted,
  });
  const manifests = resolve(input.operands[0] ?? node.layout.manifests);
  const config = upConfiguration(node.layout, node.endpoint, manifests);
  const allowedDevices = ((input.options['allowed-devices'] as readonly string[] | undefined) ?? []).flatMap((text) => text.split(','));
  const status = await runNode(input, io, progress, {
    config,
    flags: upFlags(node.layout, {
      ...pluginsOf(input),
      allowedDevices,
      serviceNetwork: servicesOf(input),
      ingress: ingressOf(input),
      kubeApi: await apiOf(input, join(node.layout.dataDirectory, 'kubeconfig'), progress),
    }),
    manifests,
    // As `run` does: images that verified sources themselves have.
    runtimeImages: lateRuntimeImages(config.containerRuntimeEndpoint),
  });
  if (ephemeral) progress.note('Removing everything…');
  else progress.note(`The Pods run on. kubelet-cli up takes them over again; kubelet-cli down ends them.`);
  return status;
};

const upInMemory = async (input: CommandInput, io: CliIo, progress: Progress): Promise<number> => {
  const manifests = simulatedManifests(input);
  progress.note('SIMULATION: the runtime is in memory. Pods come and go as they would, but no container runs.');
  for (const name of OF_CONTAINERD) if (input.options[name] !== undefined) progress.note(`  --${name} means nothing in a simulation`);
  await using node = await startMemoryNode();
  const config = memoryConfiguration(node, node.endpoint, manifests);
  return await runNode(input, io, progress, {
    config,
    flags: upFlags(node, {
      ...pluginsOf(input),
      serviceNetwork: servicesOf(input),
      dnsAddress: 'off',
      kubeApi: await apiOf(input, join(node.kubeletRoot, 'kubeconfig'), progress),
    }),
    manifests,
    probes: simulatedProbes,
    environment: simulatedEnvironment,
    serviceKernel: simulatedServiceKernel,
    moreServices: [({ reconciler }) => reconciler.pods$.pipe(tap(node.seePods))],
  });
};

/** @throws CliError CLI_USAGE */
const simulatedManifests = (input: CommandInput): string => {
  const directory = textOption(input, 'data-dir');
  const manifests = resolve(input.operands[0] ?? join(directory ?? '.', 'manifests'));
  if (!existsSync(manifests)) throw usage(`there is no ${manifests}: name a directory of manifests, or one file`);
  return manifests;
};

const pluginsOf = (input: CommandInput) => ({
  probePlugins: namedProbePlugins(input),
});

const SERVICE_OPTIONS = ['service-load-balancer-pool', 'service-load-balancer-interface', 'network-policy-drop-log'] as const;

/** @throws CliError CLI_USAGE */
const servicesOf = (input: CommandInput): KubeletFlags['serviceNetwork'] => {
  const ranges = textOption(input, 'service-cluster-ip-range');
  const [pool, device] = [textOption(input, 'service-load-balancer-pool'), textOption(input, 'service-load-balancer-interface')];
  if (ranges === undefined) {
    const given = SERVICE_OPTIONS.find((name) => input.options[name] !== undefined);
    if (given === undefined) return undefined;
    throw usage(`--${given} is only of use with --service-cluster-ip-range`);
  }
  const found = parseServiceNetwork(ranges);
  if ('error' in found) throw usage(found.error);
  const loadBalancers = parseLoadBalancers(pool, device);
  if (loadBalancers !== undefined && 'error' in loadBalancers) throw usage(loadBalancers.error);
  return { ...found, ...(loadBalancers && { loadBalancers }), ...(flagOption(input, 'network-policy-drop-log') && { logsDrops: true }) };
};

const OF_CONTAINERD = ['ephemeral', 'images', 'allowed-devices', ...INGRESS_FLAGS] as const;

/** Ingresses are served where Services are. @throws CliError CLI_USAGE */
const ingressOf = (input: CommandInput): KubeletFlags['ingress'] => {
  const [proxy, ports] = [textOption(input, 'ingress-proxy'), textOption(input, 'ingress-ports')];
  if (textOption(input, 'service-cluster-ip-range') === undefined) {
    const given = INGRESS_FLAGS.find((name) => input.options[name] !== undefined);
    if (given === undefined || proxy === 'off') return undefined;
    throw usage(`--${given} is only of use with --service-cluster-ip-range`);
  }
  const listOf = (name: string) => (input.options[name] as readonly string[] | undefined)?.flatMap((text) => text.split(','));
  const acme = {
    directory: textOption(input, 'ingress-acme-directory'),
    email: textOption(input, 'ingress-acme-email'),
    caFile: textOption(input, 'ingress-acme-ca-file'),
    issuers: listOf('ingress-acme-issuers'),
  };
  const found = parseIngress({ proxy, addresses: listOf('ingress-addresses'), ports, acme });
  if (found !== undefined && 'error' in found) throw usage(found.error);
  return found;
};

/** Milliseconds. @throws CliError CLI_USAGE */
const readyTimeoutOf = (input: CommandInput): number => {
  const timeoutMs = parseGoDuration(textOption(input, 'ready-timeout') ?? '2m');
  if (timeoutMs === undefined) throw usage('--ready-timeout takes a duration such as 2m');
  return timeoutMs;
};

interface NodeToRun extends Pick<RunKubeletOptions, 'probes' | 'environment' | 'serviceKernel' | 'runtimeImages'> {
  readonly config: KubeletConfiguration;
  readonly flags: KubeletFlags;
  readonly manifests: string;
  /** Beside the kubelet's own. */
  readonly moreServices?: readonly KubeletService[];
}

/** Runs the kubelet on the node and shows the table of its pods once they are settled. */
const runNode = async (
  input: CommandInput,
  io: CliIo,
  progress: Progress,
  { config, flags, manifests, moreServices = [], ...simulated }: NodeToRun,
): Promise<number> => {
  const timeoutMs = readyTimeoutOf(input);
  const waitReady = flagOption(input, 'wait-ready');
  const done = new AbortController();
  using ending = joinSignals([io.interrupted, done.signal]);
  let status: number = EXIT.done;
  progress.note(`  Kubelet runs the Pods of ${manifests}`);
  if (!existsSync(manifests)) progress.note(`! There is no ${manifests} yet: its Pods run once it is there.`);
  const showTable: KubeletService = ({ reconciler, manifests$, objects$ }) =>
    waitUntilStable({ pods$: reconciler.pods$, manifests$, objects$ }, timeoutMs).pipe(
      tap((settled) => {
        printSettled(io, settled, {
          apiSocket: flags.apiSocket ?? '',
          kubeconfig: flags.kubeApi?.kubeconfigPath,
          manifests,
          waitReady,
        });
        if (!waitReady) return;
        status = settled.complete ? EXIT.done : EXIT.failed;
        done.abort('settled');
      }),
    );
  await runKubelet({
    config,
    flags,
    logger: loggerOf(input, io),
    signal: ending.signal,
    services: [...allServices, ...moreServices, showTable],
    env: io.env,
    ownProcess: process,
    prepareRuntime: provideSandboxImage,
    pluginsFrom: PLUGINS_FROM,
    ...simulated,
  }).catch((error: unknown) => {
    if (!io.interrupted.aborted) throw error;
  });
  return status;
};

interface Shown {
  readonly apiSocket: string;
  /** Of the node's Kubernetes API; undefined where it is not served. */
  readonly kubeconfig: string | undefined;
  readonly manifests: string;
  readonly waitReady: boolean;
}

const printSettled = (
  io: CliIo,
  { pods, manifests, complete }: Settled,
  { apiSocket, kubeconfig, manifests: directory, waitReady }: Shown,
): void => {
  const printer = podPrinter({ now: Date.now, withNamespace: false });
  print(io.stdout, `\n${objectTable(printer, { wide: false })(pods)}\n`);
  for (const { origin, state, message } of manifests.manifests.values()) {
    if (state !== 'accepted' && state !== 'ignored') print(io.stderr, `${origin.path}: ${state}: ${message}\n`);
  }
  if (!complete) print(io.stderr, 'Not every Pod is Ready yet; kubelet-cli describe pod NAME tells why.\n');
  if (waitReady) return;
  print(
    io.stdout,
    `Try in another terminal: edit or copy a manifest in ${directory} and watch it take effect with\n  ${ownCommand(io)} get pods -w --socket ${apiSocket}\n${kubeconfig === undefined ? '' : `or with\n  kubectl --kubeconfig ${kubeconfig} get pods -w\n`}Ctrl-C ends this.\n`,
  );
};

/** How the user can call this program again. */
const ownCommand = ({ programName, programPath }: CliIo): string => (programName.endsWith('.js') ? `node ${programPath}` : programName);

const loggerOf = (input: CommandInput, io: CliIo) => {
  const verbosity = numberOption(input, 'verbosity') ?? 0;
  // The table and the steps tell what goes well; only trouble is worth a line, unless more was asked for.
  return createLogger({ output: io.stderr, verbosity, quiet: verbosity === 0, human: true, color: usesColor(io.stderr, io.env) });
};

const requireRootOnLinux = (): void => {
  const hint = 'Try kubelet-cli up --runtime memory: a simulation that needs neither.';
  if (platform() !== 'linux') {
    throw new CliError({ code: 'CLI_HOST_UNSUITABLE', message: `containers need Linux, this is ${platform()}`, hint });
  }
  if (userInfo().uid !== 0) throw new CliError({ code: 'CLI_HOST_UNSUITABLE', message: 'starting a container runtime needs root', hint });
};

const usage = (message: string): Error => new CliError({ code: 'CLI_USAGE', message, hint: 'kubelet-cli up --help' });
