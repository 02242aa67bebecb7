import { cpuPinningService } from '../services/cpu-pinning-service.js';
import { evictionService } from '../services/eviction-service.js';
import { housekeepingService } from '../services/housekeeping-service.js';
import { networkGarbageService } from '../services/network-garbage-service.js';
import { nodeApiService } from '../services/node-api-service.js';
import { nodeShutdownService } from '../services/node-shutdown-service.js';
import { podResourcesService } from '../services/pod-resources-service.js';
import { qosCgroupsService } from '../services/qos-cgroups-service.js';
import { quietHeapService } from '../services/quiet-heap-service.js';
import { systemdNotifyService } from '../services/systemd-notify-service.js';
import type { KubeletService } from './kubelet-services.js';

/** Every service of the kubelet. */
export const allServices: readonly KubeletService[] = [
  nodeApiService,
  cpuPinningService,
  housekeepingService,
  networkGarbageService,
  podResourcesService,
  qosCgroupsService,
  evictionService,
  nodeShutdownService(process.env),
  quietHeapService(),
  systemdNotifyService(process.env),
];
