import { join } from 'node:path';
import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { type FileLayer, readState, writeDurably } from '@solo-kubelet/state-files';

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
export const shutdownStateFile = (
  rootDirectory: string,
  { logger = silentLogger, files }: { readonly logger?: Logger; readonly files?: FileLayer } = {},
): ShutdownStateFile => {
  const path = join(rootDirectory, 'graceful_node_shutdown_state');
  const layer = files === undefined ? {} : { files };
  return {
    load: async () =>
      (await readState(path, { decode: decodeShutdownState, logger, ...layer })) ?? { startTimeMs: undefined, endTimeMs: undefined },
    save: ({ startTimeMs, endTimeMs }) =>
      writeDurably(path, JSON.stringify({ startTime: timeText(startTimeMs), endTime: timeText(endTimeMs) }), layer),
  };
};

const decodeShutdownState = (text: string): ShutdownState => {
  const state: unknown = JSON.parse(text);
  if (typeof state !== 'object' || state === null || Array.isArray(state)) throw new Error('it is not an object');
  const { startTime, endTime } = state as { readonly startTime?: unknown; readonly endTime?: unknown };
  if (![startTime, endTime].every((time) => time === undefined || typeof time === 'string')) throw new Error('its times are not texts');
  return { startTimeMs: timeMs(startTime as string | undefined), endTimeMs: timeMs(endTime as string | undefined) };
};

const timeMs = (text: string | undefined): number | undefined => {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) || text === ZERO_TIME ? undefined : ms;
};

const timeText = (ms: number | undefined): string => (ms === undefined ? ZERO_TIME : new Date(ms).toISOString());
