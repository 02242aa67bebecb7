import type { StepReport } from './activity.js';

/** A hook was carried out, but not as its manifest says (runHTTPHandler in pkg/kubelet/lifecycle/handlers.go). `host`: with its port. */
export const httpFallback = (containerName: string, host: string): StepReport => ({
  type: 'notice',
  level: 'Warning',
  reason: 'LifecycleHTTPFallback',
  message: `request to HTTPS lifecycle hook ${host} got HTTP response, retry with HTTP succeeded`,
  containerName,
});
