import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** When the node last went down, and when its pods had ended; undefined: never, or not yet. */
export interface ShutdownState {
  readonly startTimeMs: number | undefined;
  readonly endTimeMs: number | undefined;
}

export interface ShutdownStateFile {
  /** Nothing where there is no file, or none that can be read. */
  load(): Promise<ShutdownState>;
  save(state: ShutdownState): Promise<void>;
}

/** Go's time that is none. */
const ZERO_TIME = '0001-01-01T00:00:00Z';

/** `graceful_node_shutdown_state` in the kubelet's root directory, as upstream writes it (pkg/kubelet/nodeshutdown/storage.go). */
export const shutdownStateFile = (rootDirectory: string): ShutdownStateFile => {
  const path = join(rootDirectory, 'graceful_node_shutdown_state');
  return {
    load: async () => {
      try {
        const { startTime, endTime } = JSON.parse(await readFile(path, 'utf8')) as {
          readonly startTime?: string;
          readonly endTime?: string;
        };
        return { startTimeMs: timeMs(startTime), endTimeMs: timeMs(endTime) };
      } catch {
        return { startTimeMs: undefined, endTimeMs: undefined };
      }
    },
    save: async ({ startTimeMs, endTimeMs }) => {
      await writeFile(`${path}.tmp`, JSON.stringify({ startTime: timeText(startTimeMs), endTime: timeText(endTimeMs) }), { mode: 0o600 });
      await rename(`${path}.tmp`, path);
    },
  };
};

const timeMs = (text: string | undefined): number | undefined => {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) || text === ZERO_TIME ? undefined : ms;
};

const timeText = (ms: number | undefined): string => (ms === undefined ? ZERO_TIME : new Date(ms).toISOString());
