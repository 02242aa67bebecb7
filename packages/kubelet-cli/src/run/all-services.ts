import { nodeApiService } from '../services/node-api-service.js';
import { systemdNotifyService } from '../services/systemd-notify-service.js';
import type { KubeletService } from './kubelet-services.js';

/** Every service of the kubelet. */
export const allServices: readonly KubeletService[] = [nodeApiService, systemdNotifyService(process.env)];
