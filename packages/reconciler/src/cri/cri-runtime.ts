import { CriError } from '@solo-kubelet/cri-client';
import { checkDuration, checkInterval } from '@solo-kubelet/timers';
import { steadyNow } from '@solo-kubelet/timers/rxjs';
import { createLimiter, createTokenBucket } from '@solo-kubelet/timers/turns';
import { type PodUid, podUid } from '../core/pod-identity.js';
import type { RuntimeChange, RuntimePort } from '../runtime-port.js';
import { createSandbox, networkFault, type SandboxDeps } from './create-sandbox.js';
import type { CriRuntimeOptions } from './cri-runtime-options.js';
import { createImagePuller } from './images/image-puller.js';
import { memoryUsage } from './memory-usage.js';
import { createPodObserver } from './observe-pods.js';
import { pinContainer } from './pin-container.js';
import { podImages } from './pod-images.js';
import { createPodLogs } from './pod-logs.js';
import { createSandboxResizes } from './resize-sandbox.js';
import { runHook } from './run-hook.js';
import { createSandboxConfigs } from './sandbox-configs.js';
import { singleflight } from './shared-calls.js';
import { type StartDeps, startContainer } from './start-container.js';

const DEFAULT_PARALLEL_STARTS = 16;

/** A container runtime that speaks CRI, together with the machine around the pods, as the reconciler's RuntimePort. */
export const criRuntime = ({
  cri,
  environment,
  owner = 'default',
  credentials,
  pullRecords,
  onImageRequest = () => {},
  pulls = {},
  maxParallelStarts = DEFAULT_PARALLEL_STARTS,
  podLogsDir = '/var/log/pods',
  containerLogsDir = '/var/log/containers',
  networkHook,
  resources,
  endsAsAWhole = false,
  userAgent = 'kube-lifecycle/1.36',
  now = steadyNow,
}: CriRuntimeOptions): RuntimePort => {
  const { maxParallel = 5, perSecond = 5, burst = 10 } = pulls;
  const observer = createPodObserver({ cri, owner, networkHook, now });
  const starts = createLimiter(maxParallelStarts);
  const configs = createSandboxConfigs(environment, owner);
  const images = createImagePuller({
    cri,
    credentials,
    records: pullRecords,
    onRequest: onImageRequest,
    limiter: createLimiter(maxParallel),
    acquire: createTokenBucket({ perSecond, burst, now }),
    now,
    initialMs: checkInterval('pulls.initialMs', pulls.initialMs, 10_000),
    maxMs: checkInterval('pulls.maxMs', pulls.maxMs, 300_000),
    timeoutMs: checkDuration('pulls.timeoutMs', pulls.timeoutMs, 0),
  });
  const resizes = createSandboxResizes({
    cri,
    environment,
    sandboxOf: async (uid, options) => (await observer.inspect(podUid(uid), options))?.sandboxes.find(({ state }) => state === 'ready'),
  });
  const logs = createPodLogs({ podLogsDir, containerLogsDir });
  const usedAttempts = new Map<PodUid, number>();
  const askNetworkFault = singleflight(() => networkFault(cri));
  const sandboxDeps: SandboxDeps = { cri, environment, owner, starts, observer, configs, networkHook, askNetworkFault, usedAttempts };
  const startDeps: StartDeps = { cri, environment, owner, resources, images, starts, observer, configs, logs, now };

  return {
    list: (options) => observer.list(options),
    inspect: (uid, options) => observer.inspect(uid, options),
    async *changes({ signal }): AsyncGenerator<RuntimeChange> {
      for await (const change of cri.changes({ signal })) {
        if (change.type === 'resync') yield { type: 'resync', reason: change.reason, events: change.feed !== 'none' };
        else if (change.type === 'podChanged') {
          const { containerId, podSandboxId, exit } = change;
          // containerd's word for memory that has run out in it, which ends it or not.
          if (change.change === 'other') observer.doubtEnd(containerId);
          const uid = observer.podOf(containerId) ?? (podSandboxId && observer.podOf(podSandboxId));
          if (uid) yield { type: 'pod', podUid: uid, ...(exit && { exit: { containerId, ...exit } }) };
        }
      }
    },
    endOf: (exit, options) => observer.endOf(exit, options),
    createSandbox: (pod, attempt, options) => createSandbox(pod, attempt, options, sandboxDeps),
    pullImages: async (pod, options) => {
      await Promise.all(podImages(pod).map((request) => images.ensure({ ...request, sandboxConfig: undefined }, options)));
    },
    startContainer: (input, options) => startContainer(input, options, startDeps),
    runHook: (input, options) => runHook(input, options, { cri, userAgent }),
    stopContainer: (containerId, timeoutSeconds, { signal }) =>
      unlessGone(cri.runtime.stopContainer({ containerId, timeout: BigInt(timeoutSeconds) }, { signal })),
    removeContainer: async (containerId, { signal, keepLogs = false }) => {
      const logPath = keepLogs ? '' : await logPathOf(containerId, signal);
      if (logPath !== '') await logs.removeContainer({ containerId, logPath });
      await unlessGone(cri.runtime.removeContainer({ containerId }, { signal }));
    },
    stopSandbox: async (podSandboxId, { signal }) => {
      await networkHook?.detach({ podSandboxId }, { signal });
      await unlessGone(cri.runtime.stopPodSandbox({ podSandboxId }, { signal }));
      // As upstream (SyncTerminatedPod), a pod that has ended has no cgroup; a sandbox that takes this one's place gets it anew.
      const uid = observer.podOf(podSandboxId);
      if (uid !== undefined) await environment.releasePod(uid, { signal }).catch(() => undefined); // cleanPod tries again, and tells
    },
    removeSandbox: (podSandboxId, { signal }) => unlessGone(cri.runtime.removePodSandbox({ podSandboxId }, { signal })),
    memoryUsage: (of, options) => memoryUsage(cri, of, options),
    updateResources: async (pod, container, containerId, { signal }) => {
      const status = await cri.runtime.containerStatus({ containerId, verbose: false }, { signal });
      const restartCount = status.status?.metadata?.attempt ?? 0;
      const image = { imageId: status.status?.imageRef ?? '' };
      const podIps = (await observer.inspect(podUid(pod.metadata.uid), { signal }))?.sandboxes[0]?.ips ?? [];
      const config = await environment.prepareContainer({ pod, container, restartCount, podIps, image }, { signal });
      await cri.runtime.updateContainerResources({ containerId, linux: config.linux?.resources }, { signal });
      observer.forget(containerId);
    },
    pinContainer: (containerId, cpus, { signal }) => pinContainer(cri.runtime, containerId, cpus, { endsAsAWhole, signal }),
    resizePod: (limits, options) => resizes.resize(limits, options),
    cleanPod: async (uid, { signal }) => {
      // The pod's directory goes last: it is what tells of a pod whose cleaning was cut short.
      await logs.removePod(uid);
      await environment.cleanPod(uid, { signal });
      images.forget(uid);
      configs.forget(uid);
      resizes.forget(uid);
      usedAttempts.delete(uid);
    },
    listOrphanedPods: async () => (await environment.listPodUids()).map(podUid),
    forgetBackoff: (uid) => images.forget(uid),
    releaseVolumes: (uid, { signal }) => environment.releaseVolumes(uid, { signal }),
    refreshVolumes: (pod, { signal }) => environment.refreshVolumes(pod, { signal }),
  };

  async function logPathOf(containerId: string, signal: AbortSignal): Promise<string> {
    try {
      const { status } = await cri.runtime.containerStatus({ containerId, verbose: false }, { signal });
      return status?.logPath ?? '';
    } catch (error) {
      if (CriError.is(error) && error.code === 'CRI_NOT_FOUND') return '';
      throw error;
    }
  }
};

/** Already gone is what was wanted. */
const unlessGone = async (call: Promise<unknown>): Promise<void> => {
  try {
    await call;
  } catch (error) {
    if (!CriError.is(error) || error.code !== 'CRI_NOT_FOUND') throw error;
  }
};
