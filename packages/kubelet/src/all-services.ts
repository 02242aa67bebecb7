import { kubeApiService } from './api/kube-api-service.js';
import { nodeApiService } from './api/node-api-service.js';
import { cpuPinningService } from './cpu/cpu-pinning-service.js';
import { podResourcesService } from './devices/pod-resources-service.js';
import { evictionService } from './eviction/eviction-service.js';
import { housekeepingService } from './garbage-collection/housekeeping-service.js';
import type { KubeletService } from './kubelet-services.js';
import { networkGarbageService } from './networks/network-garbage-service.js';
import { qosCgroupsService } from './pods/qos-cgroups-service.js';
import { systemdNotifyService } from './process/systemd-notify-service.js';
import { nodeShutdownService } from './shutdown/node-shutdown-service.js';

/** Every service of the kubelet. */
export const allServices: readonly KubeletService[] = [
  nodeApiService,
  kubeApiService,
  cpuPinningService,
  housekeepingService,
  networkGarbageService,
  podResourcesService,
  qosCgroupsService,
  evictionService,
  (context) => nodeShutdownService(context.env)(context),
  (context) => systemdNotifyService(context.env)(context),
];
