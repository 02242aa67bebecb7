import type { PodSpec } from '../gen/pod-types.js';
import { allContainers } from './all-containers.js';
import type { Report } from './report.js';

const DETAIL = 'when `hostUsers` is false';

/** A Pod with users of its own must share no namespace with the host, and use no raw block device. The capitals are upstream's. */
export const validateHostUsers = (spec: PodSpec, field: string, report: Report): void => {
  if (spec.hostUsers !== false) return;
  if (spec.hostNetwork === true) report.forbidden(`${field}.hostNetwork`, DETAIL);
  if (spec.hostPID === true) report.forbidden(`${field}.HostPID`, DETAIL);
  if (spec.hostIPC === true) report.forbidden(`${field}.HostIPC`, DETAIL);
  for (const { container, field: at } of allContainers(spec, field)) {
    if ((container.volumeDevices ?? []).length > 0) report.forbidden(`${at}.volumeDevices`, DETAIL);
  }
};
