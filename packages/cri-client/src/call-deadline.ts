/** `runtimeRequestTimeout` of KubeletConfiguration, ms: 2 min. */
export const DEFAULT_TIMEOUT_MS = 120_000;

const secondsOf = (request: unknown): number => {
  const { timeout } = request as { readonly timeout?: bigint | number | string };
  const seconds = Number(timeout ?? 0) || 0;
  return Math.max(seconds, 0);
};

/**
 * How long a call may take when its caller does not say, ms; undefined: no limit. As the kubelet's CRI client has it
 * (staging/src/k8s.io/cri-client/pkg/remote_runtime.go): the usual limit, with room for what the runtime was told to wait for.
 */
export const defaultDeadlineMs = (method: string, request: unknown, timeoutMs: number): number | undefined => {
  switch (method) {
    case 'PullImage':
    case 'GetContainerEvents':
    case 'Subscribe':
      return undefined;
    case 'RunPodSandbox':
      return 2 * timeoutMs;
    case 'StopContainer':
      return timeoutMs + 1_000 * secondsOf(request);
    case 'ExecSync':
      return secondsOf(request) === 0 ? undefined : timeoutMs + 1_000 * secondsOf(request);
    case 'CheckpointContainer':
      return Math.max(timeoutMs, 1_000 * secondsOf(request));
    default:
      return timeoutMs;
  }
};
