import { type CriClient, CriError, type PodSandboxConfig, PodSandboxState, type PodSandboxStatusResponse } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import type { PodEnvironment } from '@solo-kubelet/pod-environment';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { Limiter } from '@solo-kubelet/timers/turns';
import { type PodUid, uidOf } from '../core/pod-identity.js';
import type { Reporting, StepResult } from '../runtime-port.js';
import type { NetworkHook } from './cri-runtime-options.js';
import { failureOf } from './environment-failure.js';
import { toObservedSandbox } from './map-observed.js';
import type { PodObserver } from './observe-pods.js';
import { OWNER_LABEL, POD_UID_LABEL } from './owner-label.js';
import type { SandboxConfigs } from './sandbox-configs.js';
import { netnsPathOf } from './sandbox-network.js';
import { waitFor } from './shared-calls.js';

export interface SandboxDeps {
  readonly cri: CriClient;
  readonly environment: PodEnvironment;
  readonly owner: string;
  readonly starts: Limiter;
  readonly observer: PodObserver;
  readonly configs: SandboxConfigs;
  readonly networkHook: NetworkHook | undefined;
  /** `networkFault`, asked once for pods that begin together. */
  readonly askNetworkFault: () => Promise<string | undefined>;
  /** Attempts that the runtime may still hold reserved after a failure. */
  readonly usedAttempts: Map<PodUid, number>;
}

type Created = StepResult<{ readonly podSandboxId: string; readonly ips: readonly string[] }>;

/** Prepares the pod's surroundings and runs its sandbox. */
export const createSandbox = async (pod: Pod, attempt: number, { signal, report }: Reporting, deps: SandboxDeps): Promise<Created> => {
  const { environment, configs, starts, usedAttempts, askNetworkFault } = deps;
  const uid = uidOf(pod);
  let config: PodSandboxConfig;
  let runtimeHandler: string;
  try {
    // The runtime is asked while the pod's surroundings are made: what has been prepared serves the next attempt.
    const fault = pod.spec.hostNetwork === true ? undefined : waitFor(askNetworkFault(), signal);
    const [network] = await Promise.all([fault, environment.preparePod(pod, { signal })]);
    if (network !== undefined) return { ok: false, reason: 'NetworkNotReady', message: `network is not ready: ${network}` };
    const burnt = usedAttempts.get(uid) ?? -1;
    config = await configs.make(pod, Math.max(attempt, burnt + 1), { signal, report });
    runtimeHandler = environment.runtimeHandler(pod);
  } catch (error) {
    signal.throwIfAborted();
    return failureOf(error, 'FailedCreatePodSandBox');
  }
  return starts.run(() => run(pod, config, runtimeHandler, signal, deps), { signal });
};

const run = async (
  pod: Pod,
  config: PodSandboxConfig,
  runtimeHandler: string,
  signal: AbortSignal,
  deps: SandboxDeps,
): Promise<Created> => {
  const { cri, observer } = deps;
  const uid = uidOf(pod);
  let podSandboxId: string;
  try {
    ({ podSandboxId } = await cri.runtime.runPodSandbox({ config, runtimeHandler }, { signal }));
  } catch (error) {
    signal.throwIfAborted();
    const made = await findMade(uid, config, signal, deps).catch(() => undefined);
    if (made === undefined) {
      deps.usedAttempts.set(uid, config.metadata?.attempt ?? 0);
      return { ok: false, reason: 'FailedCreatePodSandBox', message: CriError.is(error) ? error.details : describeError(error) };
    }
    podSandboxId = made; // the call went through, only its reply was lost
  }
  observer.note(podSandboxId, uid);
  return describeSandbox(pod, podSandboxId, signal, deps);
};

const describeSandbox = async (pod: Pod, podSandboxId: string, signal: AbortSignal, deps: SandboxDeps): Promise<Created> => {
  const { cri, networkHook, observer } = deps;
  const wantsHook = pod.spec.hostNetwork !== true && networkHook?.wants(pod.metadata.annotations ?? {}) === true;
  let reason = 'FailedPodSandBoxStatus';
  try {
    const reply = await cri.runtime.podSandboxStatus({ podSandboxId, verbose: wantsHook }, { signal });
    reason = 'FailedCreatePodSandBox';
    if (wantsHook) await networkHook.attach({ podSandboxId, netnsPath: netnsPathOrThrow(reply), ...identityOf(pod) }, { signal });
    if (reply.status === undefined) return { ok: true, podSandboxId, ips: [] };
    const sandbox = toObservedSandbox(reply.status);
    if (!wantsHook) observer.noteSandbox(sandbox);
    return { ok: true, podSandboxId, ips: sandbox.ips };
  } catch (error) {
    signal.throwIfAborted();
    // A sandbox that cannot be used as it should is taken away, so that the next attempt starts clean.
    await cri.runtime.stopPodSandbox({ podSandboxId }, { signal }).catch(() => undefined);
    await cri.runtime.removePodSandbox({ podSandboxId }, { signal }).catch(() => undefined);
    return { ok: false, reason, message: describeError(error) };
  }
};

const netnsPathOrThrow = (reply: PodSandboxStatusResponse): string => {
  const path = netnsPathOf(reply);
  if (path === undefined) throw new Error('the runtime does not tell the network namespace of the sandbox');
  return path;
};

const identityOf = ({ metadata: { uid = '', name = '', namespace = 'default', annotations = {} } }: Pod) => ({
  podUid: uid,
  podName: name,
  podNamespace: namespace,
  annotations,
});

/** A sandbox of this very attempt that is ready although the call that made it failed. */
const findMade = async (
  uid: PodUid,
  config: PodSandboxConfig,
  signal: AbortSignal,
  { cri, owner }: SandboxDeps,
): Promise<string | undefined> => {
  const listed = await cri.lists.podSandboxes({ labelSelector: { [OWNER_LABEL]: owner, [POD_UID_LABEL]: uid } }, { signal });
  return listed.find(({ metadata, state }) => metadata?.attempt === config.metadata?.attempt && state === PodSandboxState.SANDBOX_READY)
    ?.id;
};

/** Why no pod can have a network of its own now, as the runtime says: such a pod is not begun, and is not to blame. */
export const networkFault = async (cri: CriClient): Promise<string | undefined> => {
  const reply = await cri.runtime.status({ verbose: false }).catch(() => undefined);
  const network = reply?.status?.conditions.find(({ type }) => type === 'NetworkReady');
  return network?.status === false
    ? `container runtime network not ready: NetworkReady=false reason:${network.reason} message:${network.message}`
    : undefined;
};
