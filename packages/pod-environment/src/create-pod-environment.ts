import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describeError } from '@solo-kubelet/diagnostics';
import type { Pod, Volume } from '@solo-kubelet/pod-spec';
import { checkDuration, checkInterval } from '@solo-kubelet/timers';
import { diskUsage } from '@solo-kubelet/untrusted-files';
import { createCgroupManager } from './cgroups/cgroup-manager.js';
import { createSliceManager } from './cgroups/slice-manager.js';
import { checkDevices } from './check-devices.js';
import { removePodDirectory, unmountAll } from './clean-pod.js';
import { forContainer, makeTerminationFile, readEnvFiles, writeHostsFile } from './container-files.js';
import { containerSubPaths } from './container-sub-paths.js';
import { buildContainerConfig } from './core/container-config.js';
import { podDns, usesNodeResolvConf } from './core/dns.js';
import { containerEnvironment } from './core/environment.js';
import type { UserNamespaceRecord } from './core/id-ranges.js';
import { podAddresses } from './core/ip-families.js';
import { emptyDirLimit } from './core/memory-volume.js';
import { checkedNewPodUid, isPodUid, type PodPaths, podLogDirectory, podPaths } from './core/pod-paths.js';
import { lateVolumes, usedVolumes, volumeKind } from './core/pod-volumes.js';
import { parseResolvConf, type ResolvConf } from './core/resolv-conf.js';
import { resolveClaims } from './core/resolve-claims.js';
import { buildSandboxConfig } from './core/sandbox-config.js';
import { hasUserNamespace } from './core/security-context.js';
import { readMachineFacts } from './machine-facts.js';
import { makeDirectories } from './make-directories.js';
import { createMounter } from './mounts/mounter.js';
import { shareMounts, unshareMounts } from './mounts/shared-root.js';
import type { NodeEnvironment } from './node-environment.js';
import { nodeSettings } from './node-settings.js';
import { createPodCgroups } from './pod-cgroups.js';
import type { PodEnvironment, VolumeUsage } from './pod-environment.js';
import { PodEnvironmentError } from './pod-environment-error.js';
import { createReturnedCgroups } from './returned-cgroups.js';
import { settleMemoryQos } from './settle-memory-qos.js';
import { createUserNamespaces } from './user-namespaces.js';
import { refreshVolume, resizeMemoryVolume, setUpVolume, type VolumeContext, volumeHostPath } from './volumes/set-up-volume.js';

const MAX_RESOLV_CONF_BYTES = 10 * 1024 * 1024;

/** Makes what pods need on this node. Nothing is touched before the first call. */
export const createPodEnvironment = (node: NodeEnvironment): PodEnvironment => {
  const settings = nodeSettings(node);
  const { rootDir, podLogsDir, clusterDomain, clusterDns, runCommand, logger } = settings;
  const timeoutMs = checkDuration('commandTimeoutMs', settings.commandTimeoutMs, settings.commandTimeoutMs);
  checkInterval('cpuCfsQuotaPeriodMs', settings.cpuCfsQuotaPeriodMs, settings.cpuCfsQuotaPeriodMs);
  const podsDir = `${rootDir}/pods`;
  const mounter = createMounter({ runCommand, timeoutMs });
  const cgroups = createPodCgroups(
    settings,
    createCgroupManager({
      settings: settings.cgroups,
      tree: settings.cgroups.tree,
      slices: createSliceManager({ version: settings.cgroups.version, runCommand, timeoutMs }),
      logger,
    }),
  );
  const returnedCgroups = createReturnedCgroups(cgroups.hasPod);
  const userNamespaces = createUserNamespaces(podsDir, settings.userNamespaces, logger);
  let machine: ReturnType<typeof readMachineFacts> | undefined;
  const machineFacts = (): ReturnType<typeof readMachineFacts> => {
    machine ??= readMachineFacts(settings);
    return machine;
  };

  const knownHandler = ({ spec: { runtimeClassName } }: Pod): string | undefined => {
    if (!runtimeClassName) return '';
    const handlers = settings.runtimeClassHandlers;
    // An object of that name says which handler it is; without one the name is the handler's own (docs/decisions/056).
    const handlerName = settings.objects?.runtimeClassHandler(runtimeClassName) ?? runtimeClassName;
    return typeof handlers === 'function'
      ? handlers(handlerName)
      : Object.hasOwn(handlers, handlerName)
        ? handlers[handlerName]
        : undefined;
  };

  const runtimeHandler = (pod: Pod): string => {
    const handler = knownHandler(pod);
    if (handler !== undefined) return handler;
    const { runtimeClassName } = pod.spec;
    throw new PodEnvironmentError({
      code: 'RUNTIME_CLASS_UNKNOWN',
      message: `runtimeClassName "${runtimeClassName}" has no handler on this node`,
      hint: 'Give the container runtime a handler of that name, or name another in a RuntimeClass.',
    });
  };

  const userNamespaceOf = async (pod: Pod): Promise<UserNamespaceRecord | undefined> => {
    if (!hasUserNamespace(pod)) return undefined;
    if (!settings.facts().runtimeHandlerFeatures(runtimeHandler(pod))?.userNamespaces) {
      throw new PodEnvironmentError({
        code: 'USER_NAMESPACE_UNAVAILABLE',
        message: "can't set `spec.hostUsers: false`, runtime does not support user namespaces",
      });
    }
    return userNamespaces.allocate(pod.metadata.uid);
  };

  const volumeContext = (pod: Pod, signal: AbortSignal | undefined): VolumeContext => ({
    pod,
    paths: podPaths(rootDir, pod.metadata.uid),
    mounter,
    allocatable: settings.facts().allocatable,
    objects: settings.objects,
    nowMs: settings.now(),
    logger,
    signal,
  });

  const makePodDirectories = async (pod: Pod): Promise<void> => {
    const { namespace, name, uid } = pod.metadata;
    const { podDir, volumesDir, pluginsDir, containersDir, ownerMarker } = podPaths(rootDir, checkedNewPodUid(uid));
    try {
      await makeDirectories(podDir, 0o750);
      await writeFile(ownerMarker, '');
      await Promise.all([
        makeDirectories(volumesDir, 0o750),
        makeDirectories(pluginsDir, 0o750),
        makeDirectories(containersDir, 0o750),
        makeDirectories(podLogDirectory(podLogsDir, namespace, name, uid), 0o755),
      ]);
    } catch (error) {
      throw new PodEnvironmentError({
        code: 'POD_DIRECTORIES_FAILED',
        cause: error,
        message: `error making pod data directories: ${describeError(error)}`,
      });
    }
  };

  return {
    runtimeHandler,

    mountsRecursivelyReadOnly(pod) {
      const handler = knownHandler(pod);
      return handler !== undefined && (settings.facts().runtimeHandlerFeatures(handler)?.recursiveReadOnlyMounts ?? false);
    },

    async prepareNode({ signal } = {}) {
      try {
        await makeDirectories(podsDir, 0o750);
        await makeDirectories(podLogsDir, 0o750);
      } catch (error) {
        throw new PodEnvironmentError({
          code: 'POD_DIRECTORIES_FAILED',
          cause: error,
          message: `cannot make ${podsDir}: ${describeError(error)}`,
        });
      }
      await shareMounts({ mounter, runCommand, timeoutMs, signal }, rootDir);
      await cgroups.prepareNode({ signal });
      await settleMemoryQos({ on: settings.memoryQos !== undefined, marker: `${rootDir}/memory-qos`, cgroups, signal });
    },

    async preparePod(given, { signal } = {}) {
      const pod = await resolveClaims(given, settings.objects, { signal });
      const { hugePageSizes } = await machineFacts();
      runtimeHandler(pod);
      returnedCgroups.prepared(pod.metadata.uid);
      await makePodDirectories(pod);
      const setUpVolumes = async (): Promise<void> => {
        await userNamespaceOf(pod);
        for (const volume of usedVolumes(pod)) {
          signal?.throwIfAborted();
          await setUpVolume(volume, volumeContext(pod, signal));
        }
      };
      await allDone([cgroups.preparePod(pod, hugePageSizes, { signal }), setUpVolumes()]);
    },

    async sandboxConfig(pod, attempt) {
      const { nodeIps } = settings.facts();
      const nodeResolvConf = usesNodeResolvConf(pod) ? await readResolvConf(settings.resolvConf) : undefined;
      const { config: dns, notices } = podDns({ pod, nodeResolvConf, nodeIps, clusterDomain, clusterDns });
      const userNamespace = await userNamespaceOf(pod);
      return {
        config: buildSandboxConfig({ ...settings, pod, attempt, dns, cgroupParent: cgroups.parentOf(pod), userNamespace }),
        notices,
      };
    },

    async prepareContainer(
      { pod: given, container, restartCount, podIps, image, imageVolumes = new Map(), targetContainerId },
      { signal } = {},
    ) {
      const pod = await resolveClaims(given, settings.objects, { signal });
      const facts = settings.facts();
      const { nodeIps, allocatable, memoryCapacityBytes } = facts;
      const paths = podPaths(rootDir, pod.metadata.uid);
      const addresses = podAddresses(pod.spec.hostNetwork ?? false, podIps, nodeIps);
      await checkDevices(pod, container, settings.allowedDevices);
      for (const volume of lateVolumes(pod, container)) await setUpVolume(volume, volumeContext(pod, signal));
      const hostAddresses = podAddresses(true, [], nodeIps);
      const environment = containerEnvironment({
        pod,
        container,
        nodeName: settings.nodeName,
        nodeIps: hostAddresses,
        podIps: addresses,
        allocatable,
        envFiles: await readEnvFiles(pod, container, paths),
        objects: settings.objects,
      });
      const [{ hostPaths, subPaths }, etcHosts, terminationFile] = await forContainer(container, () =>
        allDone([
          containerSubPaths({ pod, container, environment, paths, mounter, signal }),
          writeHostsFile({ pod, paths, podIps: addresses, clusterDomain, hostsFile: settings.hostsFile }),
          makeTerminationFile(paths, container, restartCount),
        ]),
      );
      return buildContainerConfig({
        ...settings,
        ...(await machineFacts()),
        pod,
        container,
        restartCount,
        image,
        environment,
        allocation: settings.allocations(pod.metadata.uid, container.name),
        hostPaths,
        subPaths,
        imageVolumes,
        ...(targetContainerId !== undefined && { targetContainerId }),
        etcHosts,
        terminationFile,
        memoryCapacityBytes,
        limitedSwap: settings.limitedSwap,
        cgroupVersion: settings.cgroups.version,
        userNamespace: await userNamespaceOf(pod),
        features: facts.runtimeHandlerFeatures(runtimeHandler(pod)),
        mountOptions: facts.mountOptions ?? false,
        seccomp: { profilesDir: `${rootDir}/seccomp`, seccompDefault: settings.seccompDefault },
      });
    },

    async resizePod(pod, { signal } = {}) {
      const { hugePageSizes } = await machineFacts();
      await cgroups.resizePod(pod, hugePageSizes, { signal });
      if (!settings.resizeMemoryVolumes) return;
      for (const volume of usedVolumes(pod)) await resizeMemoryVolume(volume, volumeContext(pod, signal));
    },

    async refreshVolumes(pod, { signal } = {}) {
      for (const volume of usedVolumes(pod)) await refreshVolume(volume, volumeContext(pod, signal));
    },

    async releaseVolumes(podUid, { signal } = {}) {
      await unmountAll(mounter, podPaths(rootDir, podUid), signal);
    },

    async volumeUsage(pod, { signal } = {}) {
      const paths = podPaths(rootDir, pod.metadata.uid);
      const usages: VolumeUsage[] = [];
      for (const volume of usedVolumes(pod)) {
        const directory = volumeHostPath(volume, paths);
        if (!isOnDisk(volume) || directory === undefined) continue;
        const limitBytes = emptyDirLimit(volume);
        const { usedBytes, inodesUsed, unread } = await diskUsage(directory, signal);
        usages.push({
          volumeName: volume.name,
          usedBytes,
          usedInodes: inodesUsed,
          ...(unread === undefined ? {} : { unread }),
          ...(limitBytes === undefined ? {} : { limitBytes }),
        });
      }
      return usages;
    },

    updateQosCgroups: (activePods, { signal } = {}) => cgroups.updateQos(activePods, { signal }),

    releasePod: (podUid, { signal } = {}) => cgroups.releasePod(podUid, { signal }),

    async cleanPod(podUid, { signal } = {}) {
      const paths = podPaths(rootDir, podUid);
      // What still runs could hold mounts; and a directory that outlives its cgroup can be found again.
      await cgroups.removePod(podUid, { signal });
      await removePodDirectory(mounter, paths, signal);
      await userNamespaces.release(podUid);
      returnedCgroups.cleaned(podUid);
    },

    async cleanNode({ signal } = {}) {
      await cgroups.removeNode({ signal });
      await unshareMounts({ mounter, runCommand, timeoutMs, signal }, rootDir);
    },

    async listPodUids() {
      const names = await readdir(podsDir).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      });
      const podUids = names.filter(isPodUid);
      const ours = await Promise.all(podUids.map((podUid) => isOurs(podPaths(rootDir, podUid))));
      return [...new Set([...podUids.filter((_, index) => ours[index]), ...(await returnedCgroups.look())])];
    },
  };
};

/** Like Promise.all, but when one fails the others have ended too: nothing is still being made while it is cleaned away. */
const allDone = async <T extends readonly unknown[]>(work: { readonly [K in keyof T]: Promise<T[K]> }): Promise<T> => {
  await Promise.allSettled(work);
  return Promise.all(work) as Promise<unknown> as Promise<T>;
};

/** Another kubelet's directory below the same root has no marker of ours. */
const isOurs = ({ ownerMarker }: PodPaths): Promise<boolean> =>
  stat(ownerMarker).then(
    () => true,
    () => false,
  );

/** Undefined for the empty path: no resolver file. */
const readResolvConf = async (path: string): Promise<ResolvConf | undefined> => {
  if (path === '') return undefined;
  try {
    const bytes = await readFile(path);
    if (bytes.length > MAX_RESOLV_CONF_BYTES) throw new Error('it is larger than 10 MiB');
    return parseResolvConf(bytes.toString('utf8'));
  } catch (error) {
    throw new PodEnvironmentError({
      code: 'RESOLV_CONF_UNREADABLE',
      cause: error,
      message: `cannot read the resolver file ${path}: ${describeError(error)}`,
      hint: 'Point resolvConf to a file that exists.',
    });
  }
};

/** Counted as the pod's ephemeral storage. Upstream: IsLocalEphemeralVolume in pkg/volume/util/util.go. */
const isOnDisk = (volume: Volume): boolean => {
  const kind = volumeKind(volume);
  return kind === 'configMap' || (kind === 'emptyDir' && !volume.emptyDir?.medium);
};
