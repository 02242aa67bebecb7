import { execFile } from 'node:child_process';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';

/** Of a process that systemd runs with `Type=notify`. */
export interface SystemdEnvironment {
  readonly NOTIFY_SOCKET?: string;
  /** `WatchdogSec` in microseconds. */
  readonly WATCHDOG_USEC?: string;
}

/** Tells systemd something. */
export type Notify = (...states: readonly string[]) => void;

/** A message that takes longer is given up, ms. Starting a program takes long on a slow machine that starts Pods at the same time. */
const NOTIFY_TIMEOUT_MS = 60_000;
const US_PER_MS = 1_000;

/**
 * Through `systemd-notify`, since Node cannot send datagrams to a unix socket: the unit needs `NotifyAccess=all`. Says nothing unless systemd
 * asked for it.
 */
export const systemdNotify = ({ NOTIFY_SOCKET = '' }: SystemdEnvironment, { logger }: { readonly logger: Logger }): Notify =>
  NOTIFY_SOCKET === ''
    ? () => {}
    : (...states) =>
        void execFile('systemd-notify', [...states], { timeout: NOTIFY_TIMEOUT_MS }, (error) => {
          if (error) logger.warn({ err: describeError(error) }, 'Cannot tell systemd');
        });

/** Time between two signs of life, ms: half of what the watchdog allows. 0: there is no watchdog. */
export const signOfLifeMs = ({ WATCHDOG_USEC = '0' }: SystemdEnvironment): number => Number(WATCHDOG_USEC) / US_PER_MS / 2;

/**
 * What a kubelet says that waits for its runtime, to be called at each attempt: it is ready, whatever becomes of the runtime (a boot does not wait
 * for it, and a start does not time out), and it is alive.
 */
export const waitingNotice = (environment: SystemdEnvironment, { notify, what }: { readonly notify: Notify; readonly what: string }) => {
  const periodMs = signOfLifeMs(environment);
  let dueMs: number | undefined;
  return (nowMs: number): void => {
    if (dueMs === undefined) notify('--ready', `--status=Waiting for ${what}`);
    if (dueMs !== undefined && nowMs < dueMs) return;
    dueMs = nowMs + periodMs;
    if (periodMs > 0) notify('WATCHDOG=1');
  };
};
