import { fieldPaths } from './decode-configuration.js';
import type { FieldPath } from './fields.js';
import { type JsonObject, valueAt, withValueAt } from './json-paths.js';

/** Fields that are pointers upstream: a zero there is a value, and only their absence means the default. */
const ZERO_IS_A_VALUE: ReadonlySet<FieldPath> = new Set<FieldPath>([
  'registryPullQPS',
  'eventRecordQPS',
  'healthzPort',
  'oomScoreAdj',
  'imageGCHighThresholdPercent',
  'imageGCLowThresholdPercent',
  'podPidsLimit',
  'resolvConf',
  'cpuCFSQuotaPeriod',
  'nodeStatusMaxImages',
  'kubeAPIQPS',
  'iptablesMasqueradeBit',
  'iptablesDropBit',
  'containerLogMaxFiles',
  'containerLogMaxWorkers',
  'containerLogMonitorInterval',
  'memoryThrottlingFactor',
  'maxParallelImagePulls',
  'userNamespaces.idsPerPod',
]);

/**
 * A configuration document in which what Go writes for an unset field (`0s`, `0`, `""`) is unset, as pkg/kubelet/apis/config/v1beta1/defaults.go
 * reads it: kubeadm's files are full of `syncFrequency: 0s`.
 */
export const withoutZeros = (json: JsonObject): JsonObject =>
  fieldPaths
    .filter((path) => !ZERO_IS_A_VALUE.has(path) && isZero(valueAt(json, path)))
    .reduce<JsonObject>((document, path) => withValueAt(document, path, undefined), json);

const isZero = (value: unknown): boolean =>
  value === 0 || value === '' || (typeof value === 'string' && /^0(ns|us|µs|ms|s|m|h)$/.test(value));
