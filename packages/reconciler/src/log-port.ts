import type { Abortable } from './runtime-port.js';

/** What rotation needs of a runtime. */
export interface LogPort {
  /** Running containers and where they log. */
  listRunning(options: Abortable): Promise<readonly { readonly containerId: string; readonly logPath: string }[]>;
  reopenLog(containerId: string, options: Abortable): Promise<void>;
}
