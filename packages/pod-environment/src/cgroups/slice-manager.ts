import type { CgroupLimits, CgroupVersion } from '../core/cgroup-files.js';
import type { CgroupName } from '../core/cgroup-names.js';
import {
  busctlArguments,
  freeMemoryCall,
  newSliceProperties,
  type SystemdCall,
  setSliceCall,
  sliceLimitProperties,
  startSliceCall,
  stopSliceCall,
} from '../core/systemd-slice.js';
import type { RunCommand } from '../mounts/run-command.js';
import { PodEnvironmentError } from '../pod-environment-error.js';

interface Abortable {
  readonly signal?: AbortSignal | undefined;
}

/** Transient slices of systemd, through busctl(1). */
export interface SliceManager {
  /** Makes a slice; one that exists is fine. */
  start(name: CgroupName, options: Abortable): Promise<void>;
  setLimits(name: CgroupName, limits: CgroupLimits, options: Abortable): Promise<void>;
  /** Has systemd forget what a slice or scope keeps of memory and from where on it is slowed down; one that is gone is fine. */
  freeMemory(unit: string, options: Abortable): Promise<void>;
  /** Ends a slice; one that is gone is fine. */
  stop(name: CgroupName, options: Abortable): Promise<void>;
}

export interface SliceManagerOptions {
  readonly version: CgroupVersion;
  readonly runCommand: RunCommand;
  readonly timeoutMs: number;
}

export const createSliceManager = ({ version, runCommand, timeoutMs }: SliceManagerOptions): SliceManager => {
  const busctl = async (call: SystemdCall, fine: RegExp, { signal }: Abortable): Promise<void> => {
    const { exitCode, stderr } = await runCommand('busctl', busctlArguments(call), { timeoutMs, signal });
    if (exitCode === 0 || fine.test(stderr)) return;
    throw new PodEnvironmentError({
      code: 'POD_CGROUP_FAILED',
      message: `systemd refused ${call.method} of ${call.unit}: ${stderr.trim() || `busctl ended with ${exitCode}`}`,
      hint: 'Is the runtime really using the systemd cgroup driver on a host that systemd runs?',
    });
  };
  return {
    start: (name, options) => busctl(startSliceCall(name, newSliceProperties(version, name)), ALREADY_THERE, options),
    async setLimits(name, limits, options) {
      const properties = sliceLimitProperties(version, limits);
      if (properties.length > 0) await busctl(setSliceCall(name, properties), NEVER, options);
    },
    freeMemory: (unit, options) => busctl(freeMemoryCall(unit), NOT_THERE, options),
    stop: (name, options) => busctl(stopSliceCall(name), NOT_THERE, options),
  };
};

// busctl prints only the message of a D-Bus error, not its name.
const ALREADY_THERE = /already exists|already loaded/;
const NOT_THERE = /not loaded|not found/;
const NEVER = /$^/;
