import type { PodSandboxFilter, RuntimeServiceDefinition } from '../gen/cri-v1.js';
import { completeSandboxConfig, type FakeRuntime } from './fake-runtime.js';
import { idMatches, labelsMatch } from './labels.js';
import type { SandboxRecord } from './records.js';
import type { ServiceImplementation } from './rpc-server.js';
import { type InfoStyle, sandboxInfo } from './verbose-info.js';
import { toContainerStatus, toPodSandbox, toSandboxStatus } from './wire-views.js';

type Sandboxes = Pick<
  ServiceImplementation<typeof RuntimeServiceDefinition>,
  | 'runPodSandbox'
  | 'stopPodSandbox'
  | 'removePodSandbox'
  | 'podSandboxStatus'
  | 'listPodSandbox'
  | 'streamPodSandboxes'
  | 'updatePodSandboxResources'
>;

export const selectSandboxes = (runtime: FakeRuntime, filter: Partial<PodSandboxFilter> | undefined): readonly SandboxRecord[] =>
  [...runtime.sandboxes.values()].filter(
    ({ id, state, config }) =>
      idMatches(id, filter?.id) &&
      (filter?.state === undefined || filter.state.state === state) &&
      labelsMatch(config.labels, filter?.labelSelector),
  );

export const sandboxRpcs = (runtime: FakeRuntime, infoStyle: InfoStyle): Sandboxes => ({
  runPodSandbox: ({ config, runtimeHandler }) => ({
    podSandboxId: runtime.runSandbox(config ?? completeSandboxConfig({}), runtimeHandler).id,
  }),
  stopPodSandbox: ({ podSandboxId }) => {
    runtime.stopSandbox(podSandboxId);
    return {};
  },
  removePodSandbox: ({ podSandboxId }) => {
    runtime.removeSandbox(podSandboxId);
    return {};
  },
  podSandboxStatus: ({ podSandboxId, verbose }) => {
    const record = runtime.sandbox(podSandboxId);
    return {
      status: toSandboxStatus(record),
      info: verbose ? sandboxInfo(record, infoStyle) : {},
      containersStatuses: runtime.containersOf(record).map((one) => toContainerStatus(one, runtime.logPath(one))),
      timestamp: runtime.nowNs(),
    };
  },
  listPodSandbox: ({ filter }) => ({ items: selectSandboxes(runtime, filter).map(toPodSandbox) }),
  streamPodSandboxes: async function* ({ filter }) {
    for (const record of selectSandboxes(runtime, filter)) yield { podSandboxes: [toPodSandbox(record)] };
  },
  updatePodSandboxResources: ({ podSandboxId }) => {
    runtime.sandbox(podSandboxId);
    return {};
  },
});
