import type { PodOS } from '../gen/pod-types.js';
import type { Report } from './report.js';

const NAMED = (
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS ' +
  'TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ'
).split(' ');
const REAL_TIME = [
  'RTMIN',
  'RTMAX',
  ...Array.from({ length: 15 }, (_, i) => `RTMIN+${i + 1}`),
  ...Array.from({ length: 14 }, (_, i) => `RTMAX-${i + 1}`),
];

/** By operating system, sorted as Kubernetes lists them. */
const STOP_SIGNALS: Readonly<Record<string, readonly string[]>> = {
  linux: [...NAMED, ...REAL_TIME].map((name) => `SIG${name}`).sort(),
  windows: ['SIGKILL', 'SIGTERM'],
};

/** An operating system that is not known is an error of its own. */
export const validateStopSignal = (signal: string, os: PodOS | undefined, field: string, report: Report): void => {
  if (os === undefined) report.forbidden(field, 'may not be set for containers with empty `spec.os.name`');
  else {
    const supported = STOP_SIGNALS[os.name ?? ''];
    if (supported !== undefined && !supported.includes(signal)) report.notSupported(field, signal, supported);
  }
};
