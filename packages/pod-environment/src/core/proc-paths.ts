import type { Container } from '@solo-kubelet/pod-spec';

const masked = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];

const readOnly = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** What a container must not see or change of /proc and /sys. Upstream: pkg/securitycontext/util.go. */
export const procPaths = (
  container: Container,
  thermalThrottlePaths: readonly string[],
): { readonly maskedPaths: string[]; readonly readonlyPaths: string[] } =>
  container.securityContext?.procMount === 'Unmasked'
    ? { maskedPaths: [], readonlyPaths: [] }
    : { maskedPaths: [...masked, ...thermalThrottlePaths], readonlyPaths: [...readOnly] };

/** The thermal_throttle directory of every CPU in a list such as `0-3,8`. */
export const thermalThrottlePaths = (possibleCpus: string): readonly string[] =>
  possibleCpus
    .trim()
    .split(',')
    .flatMap((part) => {
      const [first, last = first] = part.split('-').map(Number);
      if (first === undefined || last === undefined || !Number.isInteger(first) || !Number.isInteger(last)) return [];
      return Array.from({ length: last - first + 1 }, (_, index) => `/sys/devices/system/cpu/cpu${first + index}/thermal_throttle`);
    });
