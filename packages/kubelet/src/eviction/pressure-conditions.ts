import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { NodePressure } from '@solo-kubelet/reconciler';
import type { NodeCondition } from '../api/node-condition.js';

/** Reason and message while it is there, and while it is not (pkg/kubelet/nodestatus/setters.go). */
const WORDS: readonly (readonly [NodePressure['type'], readonly [string, string], readonly [string, string]])[] = [
  [
    'MemoryPressure',
    ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
    ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ],
  ['DiskPressure', ['KubeletHasDiskPressure', 'kubelet has disk pressure'], ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure']],
  [
    'PIDPressure',
    ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
    ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ],
];

/** The node's pressures as its conditions. Before the first look there are none, since the kubelet started. */
export const pressureConditions = (
  pressures: readonly NodePressure[],
  { startedAtMs, nowMs }: { readonly startedAtMs: number; readonly nowMs: number },
): readonly NodeCondition[] =>
  WORDS.map(([type, bad, good]) => {
    const { status, sinceMs } = pressures.find((pressure) => pressure.type === type) ?? { status: false, sinceMs: startedAtMs };
    const [reason, message] = status ? bad : good;
    const times = { lastHeartbeatTime: metaTime(nowMs), lastTransitionTime: metaTime(sinceMs) };
    return { type, status: status ? 'True' : 'False', reason, message, ...times };
  });
