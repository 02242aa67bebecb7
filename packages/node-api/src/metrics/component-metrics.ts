import { Counter, Gauge, Registry } from 'prom-client';

/** What `kubernetes_build_info` tells. */
export interface BuildInfo {
  /** The Kubernetes that is followed: `v1.36.0`. */
  readonly gitVersion: string;
  /** As Go names it: `linux/amd64`. */
  readonly platform: string;
}

/** Metrics that every component of Kubernetes has (k8s.io/component-base/metrics). What only a Go program has is left empty. */
export const buildInfoMetric = (registry: Registry, { gitVersion, platform }: BuildInfo): void => {
  const [major = '', minor = ''] = gitVersion.replace(/^v/, '').split('.');
  new Gauge({
    name: 'kubernetes_build_info',
    help: "[ALPHA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
    labelNames: ['build_date', 'compiler', 'git_commit', 'git_tree_state', 'git_version', 'go_version', 'major', 'minor', 'platform'],
    registers: [registry],
  }).set(
    { build_date: '', compiler: '', git_commit: '', git_tree_state: '', git_version: gitVersion, go_version: '', major, minor, platform },
    1,
  );
};

/** /metrics/slis: how health checks went whenever somebody asked (component-base/metrics/prometheus/slis). */
export interface HealthCheckMetrics {
  readonly registry: Registry;
  /** `type`: the path that was asked, such as `healthz`. */
  checked(type: string, name: string, healthy: boolean): void;
}

export const createHealthCheckMetrics = (): HealthCheckMetrics => {
  const registry = new Registry();
  const gauge = new Gauge({
    name: 'kubernetes_healthcheck',
    help: '[STABLE] This metric records the result of a single healthcheck.',
    labelNames: ['name', 'type'],
    registers: [registry],
  });
  const counter = new Counter({
    name: 'kubernetes_healthchecks_total',
    help: '[STABLE] This metric records the results of all healthcheck.',
    labelNames: ['name', 'status', 'type'],
    registers: [registry],
  });
  return {
    registry,
    checked: (type, name, healthy) => {
      gauge.set({ name, type }, healthy ? 1 : 0);
      counter.inc({ name, type, status: healthy ? 'success' : 'error' });
    },
  };
};
