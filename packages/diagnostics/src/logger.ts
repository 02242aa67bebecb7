/**
 * Facts of a log record. Fixed keys: `pod` (namespace/name), `podUid`, `containerName`, `containerId`, `podSandboxId`, `generation`,
 * `durationMs`, `path`, `err`. Environment values, credentials and exec output never go in.
 */
export type LogFields = Readonly<Record<string, unknown>>;

/** The part of pino's interface that the packages use: a constant message, facts in fields. */
export interface Logger {
  trace(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

const nothing = (): void => {};

/** Drops every record: the default of libraries. */
export const silentLogger: Logger = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
