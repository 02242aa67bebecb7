import type { Readable, Writable } from 'node:stream';
import { withoutControls } from '@solo-kubelet/diagnostics/text';

/** Anything that takes text. */
export interface TextOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** A stream that may be a terminal. */
export interface CliOutput extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface CliInput extends Readable {
  readonly isTTY?: boolean;
  /** Only on a terminal: hands every key to the program at once. */
  setRawMode?(raw: boolean): unknown;
}

/** What a command may touch of its process. */
export interface CliIo {
  /** The name it was called by: `kubelet-cli`, or `kubelet`. */
  readonly programName: string;
  /** Path of the program itself, for units that start it. */
  readonly programPath: string;
  readonly stdin: CliInput;
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts on SIGINT and SIGTERM; its reason is the signal's name. */
  readonly interrupted: AbortSignal;
}

/** Colour on a terminal that has it, and not when NO_COLOR says so (no-color.org: any value that is not empty). */
export const usesColor = (output: TextOutput, env: CliIo['env']): boolean =>
  output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';

/** Writes a text without waiting; what would steer a terminal is shown instead. */
export const print = (output: TextOutput, text: string): void => void output.write(withoutControls(text));

/** Columns a table may take: the terminal's, and no limit in a pipe. */
export const tableWidth = ({ stdout }: Pick<CliIo, 'stdout'>): number | undefined => (stdout.isTTY ? stdout.columns : undefined);

/**
 * Writes and waits until it is taken, so that a slow reader is not buried. Resolves also when the reader has gone. In a text, what would steer a terminal
 * is shown instead: it may be from a container or a manifest. Bytes go out as they are.
 */
export const write = (output: Writable, data: string | Uint8Array): Promise<void> =>
  writeRaw(output, typeof data === 'string' ? withoutControls(data) : data);

/** As `write`, for text with colours whose parts went through `withoutControls`, and for output that is wanted as it is. */
export const writeRaw = (output: Writable, data: string | Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    if (output.destroyed) resolve();
    else output.write(data, () => resolve());
  });
