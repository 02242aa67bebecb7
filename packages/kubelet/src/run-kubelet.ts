import { mkdir, realpath } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createCriClient } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import { createKubeletMetrics } from '@solo-kubelet/node-api';
import { CGROUP_MOUNT_POINT, detectCgroupVersion } from '@solo-kubelet/pod-environment/cgroups';
import { createNodeObjects } from '@solo-kubelet/pod-objects';
import { eventFile } from '@solo-kubelet/reconciler';
import { readSourceDirectory, type SourceFile } from '@solo-kubelet/verified-source';
import type { Registry } from 'prom-client';
import type { Observable } from 'rxjs';
import type { NodeAdmission } from './admission/node-admission.js';
import { metricsInterceptor } from './api/record-metrics.js';
import { createNodeClaims } from './claims/node-claims.js';
import type { ClusterSide } from './cluster/cluster-side.js';
import { nodeResourceManagers } from './cpu/resource-managers.js';
import { devicePlugins, deviceProvider } from './devices/device-plugins.js';
import { nodePullRecords } from './image-pulls/node-pull-records.js';
import { kubelet$ } from './kubelet.js';
import type { KubeletParts } from './kubelet-context.js';
import type { KubeletContext } from './kubelet-services.js';
import { admissionFacts } from './node/admission-facts.js';
import { cgroupDriver } from './node/cgroups.js';
import { checkHost } from './node/check-host.js';
import { readNodeValues } from './node/node-values.js';
import { hasSwap, readMachine, readText } from './node/read-machine.js';
import { imageCredentials } from './pods/image-credentials.js';
import { podEnvironment, podNetworks } from './pods/pod-surroundings.js';
import { probeHandlers } from './probes/probe-handlers.js';
import { probePlugins } from './probes/probe-plugins.js';
import { collectWhenCalm } from './process/collect-when-calm.js';
import { ownerId } from './process/owner-id.js';
import { prepareProcess } from './process/prepare-process.js';
import { lockPath } from './process/root-lock.js';
import { systemdNotify, waitingNotice } from './process/systemd-notify.js';
import type { RunKubeletOptions } from './run-kubelet-options.js';
import { updatePodCidr } from './runtime/update-pod-cidr.js';
import { waitForRuntime } from './runtime/wait-for-runtime.js';
import { createNodeTokens } from './service-accounts/node-tokens.js';
import { rootCaReader } from './service-accounts/root-ca.js';
import type { NodeIngress } from './services/node-ingress.js';
import type { NodeServices } from './services/node-services.js';
import { removeOwnAddress } from './services/own-address.js';
import { withOwnDns } from './services/own-dns.js';
import { mayHaveProxy, removeIngress } from './services/remove-ingress.js';
import { removeServices } from './services/remove-services.js';

/** Runs the kubelet until the signal aborts. What it starts in the runtime stays. */
export const runKubelet = async (options: RunKubeletOptions): Promise<void> => {
  await mkdir(options.flags.rootDirectory, { recursive: true, mode: 0o750 });
  // The kernel's list of mounts has resolved paths: those below a link would not be found in it.
  return runResolved({ ...options, flags: { ...options.flags, rootDirectory: await realpath(options.flags.rootDirectory) } });
};

const runResolved = async (given: RunKubeletOptions): Promise<void> => {
  const options = withOwnDns(given);
  const { config, flags, logger, signal, env = {}, ownProcess } = options;
  await using _root = await lockPath(flags.rootDirectory);
  const version = await detectCgroupVersion();
  checkHost(config, { swap: hasSwap(await readText('/proc/swaps')), cgroupVersion: version });
  if (ownProcess !== undefined) collectWhenCalm({ signal });
  if (ownProcess !== undefined) await prepareProcess({ config, cgroups: { mountPoint: CGROUP_MOUNT_POINT, version }, logger, signal });
  const nodeName = (flags.hostnameOverride ?? hostname()).trim().toLowerCase();
  const metrics = createKubeletMetrics({ nodeName });
  await using cri = createCriClient({
    endpoint: config.containerRuntimeEndpoint,
    ...(config.imageServiceEndpoint === '' ? {} : { imageEndpoint: config.imageServiceEndpoint }),
    timeoutMs: config.runtimeRequestTimeout,
    interceptors: [metricsInterceptor(metrics)],
  });
  const saysWaiting = waitingNotice(env, {
    notify: systemdNotify(env, { logger }),
    what: `the container runtime at ${config.containerRuntimeEndpoint}`,
  });
  const onSilence = (): void => saysWaiting(performance.now());
  const runtimeVersion = await waitForRuntime(cri, config.containerRuntimeEndpoint, { logger, signal, onSilence });
  await options.prepareRuntime?.(cri, { endpoint: config.containerRuntimeEndpoint, logger, signal });
  await updatePodCidr(cri, config.podCIDR, { logger, signal });
  const cgroups = { version, ...(await cgroupDriver(cri, { configured: config.cgroupDriver, logger, signal })) };
  const owner = await ownerId({ rootDirectory: flags.rootDirectory, nodeName, logger });
  const machine = await readMachine(flags.rootDirectory);
  const facts = await admissionFacts(options, cri, nodeName, machine);
  await using devices = await devicePlugins({ ...flags, directory: flags.devicePluginDirectory, logger });
  const resources = await nodeResourceManagers(config, {
    rootDirectory: flags.rootDirectory,
    devices: ({ nodes }) => [deviceProvider(devices, nodes)],
    metrics,
  });
  const objects = createNodeObjects({ rootCa: rootCaReader(config, flags) });
  const claims = await createNodeClaims({ rootDirectory: flags.rootDirectory, facts, objects, logger });
  const tokens = await createNodeTokens({
    rootDirectory: flags.rootDirectory,
    nodeName,
    issuer: flags.serviceAccountIssuer ?? `https://${nodeName}`,
    objects,
    logger,
  });
  const serviceNetwork = await nodeServices(options, metrics.registry);
  const ingress = await nodeIngress(options, serviceNetwork);
  using cluster = await clusterSide(options, { nodeName, objects, claims, tokens });
  const environment = await podEnvironment(options, {
    cri,
    nodeName,
    machine,
    facts,
    cgroups,
    resources,
    objects,
    claims,
    tokens,
    cluster,
    serviceNetwork,
  });
  await environment.prepareNode({ signal });
  const networks = await podNetworks(flags, cri, { env, signal });
  const credentials = await imageCredentials({
    flags,
    objects: cluster ?? objects,
    env,
    workingDirectory: ownProcess?.cwd() ?? flags.rootDirectory,
    logger,
  });
  const pullRecords = await nodePullRecords(options, { cri, metrics });
  await using plugins = await probePlugins(flags.probePlugins, {
    logger,
    ...(options.pluginsFrom === undefined ? {} : { resolveFrom: options.pluginsFrom }),
  });
  const probes = [...(options.probes ?? probeHandlers(cri)), ...plugins.handlers];
  const keptEvents = eventFile({ path: join(flags.rootDirectory, 'events.json'), logger });
  const earlierEvents = await keptEvents.load();
  const nodeValues = await readNodeValues(flags, { nodeName, logger });
  const sourceFiles = flags.sourceDirectory === undefined ? [] : await sourceFilesOf(flags.sourceDirectory);
  await using admission = await nodeAdmission(options, nodeName);
  logger.info(
    { nodeName, runtime: `${runtimeVersion.runtimeName}://${runtimeVersion.runtimeVersion}`, cgroups, path: config.staticPodPath },
    'Kubelet started',
  );
  await using _dnsAddress = ownAddressUntilEnd(flags.rootDirectory, logger);
  await untilCompleted(
    kubelet$(options, {
      cri,
      nodeName,
      owner,
      machine,
      facts,
      environment,
      objects,
      claims,
      cluster,
      tokens,
      serviceNetwork,
      ingress,
      devices,
      resources,
      networks,
      credentials,
      pullRecords,
      probes,
      refusedProbes: plugins.refusedProbes,
      keptEvents,
      earlierEvents,
      runtimeVersion,
      cgroups,
      metrics,
      sourceFiles,
      admission,
      nodeValues,
    }),
  );
  logger.info({}, 'Kubelet stopped; containers run on');
};

/** Undefined where nothing is to be decided: then nothing of it is loaded. */
const nodeAdmission = async (
  { config: { featureGates }, flags, admission: steps = [], pluginsFrom, logger }: RunKubeletOptions,
  nodeName: string,
): Promise<NodeAdmission | undefined> => {
  const { admissionPolicyFile: policyFile, rootDirectory } = flags;
  if (policyFile === undefined && steps.length === 0) return undefined;
  const { createNodeAdmission } = await import('./admission/node-admission.js');
  return createNodeAdmission({ nodeName, rootDirectory, policyFile, steps, featureGates, pluginsFrom, logger });
};

/** Undefined without `--kubeconfig`: then nothing of it is loaded. */
const clusterSide = async (
  { config, flags, env = {}, logger, signal }: RunKubeletOptions,
  { nodeName, objects, claims, tokens }: Pick<KubeletParts, 'nodeName' | 'objects' | 'claims' | 'tokens'>,
): Promise<ClusterSide<KubeletContext> | undefined> => {
  const { kubeconfig: kubeconfigPath } = flags;
  if (kubeconfigPath === undefined) return undefined;
  const { joinCluster } = await import('./cluster/join-cluster.js');
  const { bootstrapKubeconfig: bootstrapPath, certDirectory } = flags;
  return joinCluster({ kubeconfigPath, bootstrapPath, certDirectory, config, nodeName, objects, claims, tokens, env, logger, signal });
};

/** A file that can't be used is told of, and stops nothing else. */
const sourceFilesOf = async (directory: string): Promise<readonly SourceFile[]> => {
  try {
    return await readSourceDirectory(directory);
  } catch (error) {
    return [{ path: directory, problems: [`cannot read ${directory}: ${describeError(error)}`] }];
  }
};

/** Undefined without `--service-cluster-ip-range`: then nothing of it is loaded, and what an earlier kubelet put in force goes. */
const nodeServices = async (
  { config, flags, serviceKernel: kernel, logger, signal, clock = Date }: RunKubeletOptions,
  registry: Registry,
): Promise<NodeServices | undefined> => {
  const { rootDirectory, serviceNetwork } = flags;
  if (serviceNetwork !== undefined) {
    const { createNodeServices } = await import('./services/node-services.js');
    return createNodeServices({
      ...{ flags: serviceNetwork, rootDirectory, clusterDomain: config.clusterDomain, kernel, registry, logger, signal },
      now: () => clock.now(),
    });
  }
  try {
    if (await removeServices({ rootDirectory, signal })) logger.info({}, 'Services are off: their rules were removed');
  } catch (error) {
    logger.warn({ err: describeError(error) }, 'Rules of Services that are off cannot be removed; trying again at the next start');
  }
  return undefined;
};

/** Undefined where Ingresses are off: then a proxy that an earlier kubelet left ends. */
const nodeIngress = async (
  { flags, logger, signal, clock = Date }: RunKubeletOptions,
  serviceNetwork: NodeServices | undefined,
): Promise<NodeIngress | undefined> => {
  const { rootDirectory, ingress } = flags;
  if (serviceNetwork === undefined) return undefined;
  if (ingress !== undefined) {
    const { createNodeIngress } = await import('./services/node-ingress.js');
    const hasProxy = await mayHaveProxy(rootDirectory);
    return createNodeIngress({ flags: ingress, rootDirectory, serviceNetwork, mayHaveProxy: hasProxy, logger, now: () => clock.now() });
  }
  try {
    if (await removeIngress(rootDirectory, { signal })) logger.info({}, 'Ingresses are off: their proxy has ended');
  } catch (error) {
    logger.warn({ err: describeError(error) }, 'The proxy of Ingresses cannot be ended; trying again at the next start');
  }
  return undefined;
};

/** The address of the DNS server goes with the kubelet: nobody would answer there. */
const ownAddressUntilEnd = (rootDirectory: string, logger: RunKubeletOptions['logger']): AsyncDisposable => ({
  [Symbol.asyncDispose]: async () => {
    await removeOwnAddress({ rootDirectory }).catch((error: unknown) =>
      logger.warn({ err: describeError(error) }, 'The address of the DNS server cannot be taken away'),
    );
  },
});

/** The program's one subscription. */
const untilCompleted = (stream$: Observable<unknown>): Promise<void> =>
  new Promise((resolve, reject) => {
    stream$.subscribe({ error: reject, complete: resolve });
  });
