/** One line of a CRI log file, as offsets into the buffer it was read into. `<RFC3339Nano> <stdout|stderr> <P|F>[:tags] <content>` */
export interface LogLine {
  readonly timestampEnd: number;
  readonly stream: 'stdout' | 'stderr';
  /** A piece of a longer line: the next piece of the same stream follows without a newline. */
  readonly partial: boolean;
  readonly contentStart: number;
}

const SPACE = 0x20;
const LETTER_P = 0x50;
const LETTER_F = 0x46;
const LETTER_O = 0x6f;
const LETTER_E = 0x65;
const STREAM_NAME_LENGTH = 6;

/**
 * Parses the line in `[start, end)` (without its newline). Undefined when it is no CRI log line.
 * `expectedTimestampLength` is a guess that saves a search: the lines of one runtime mostly agree.
 */
export const parseLogLine = (bytes: Buffer, start: number, end: number, expectedTimestampLength = 0): LogLine | undefined => {
  let timestampEnd = start + expectedTimestampLength;
  if (expectedTimestampLength === 0 || timestampEnd >= end || !isFirstSpace(bytes, start, timestampEnd)) {
    timestampEnd = bytes.indexOf(SPACE, start);
    if (timestampEnd < 0 || timestampEnd >= end || timestampEnd === start) return undefined;
  }
  const streamEnd = timestampEnd + 1 + STREAM_NAME_LENGTH;
  const letter = bytes[timestampEnd + 4];
  if (streamEnd >= end || bytes[streamEnd] !== SPACE || (letter !== LETTER_O && letter !== LETTER_E)) return undefined;
  const tag = bytes[streamEnd + 1];
  if (tag !== LETTER_P && tag !== LETTER_F) return undefined;
  let tagsEnd = streamEnd + 2;
  while (tagsEnd < end && bytes[tagsEnd] !== SPACE) tagsEnd += 1;
  return {
    timestampEnd,
    stream: letter === LETTER_O ? 'stdout' : 'stderr',
    partial: tag === LETTER_P,
    contentStart: Math.min(tagsEnd + 1, end),
  };
};

/** A time may be shorter than the one before, since zeros at its end are left out; a space further on is the container's. */
const isFirstSpace = (bytes: Buffer, start: number, at: number): boolean => {
  if (bytes[at] !== SPACE) return false;
  for (let index = start; index < at; index += 1) if (bytes[index] === SPACE) return false;
  return true;
};

/** The timestamp with exactly nine fraction digits, as `kubectl logs --timestamps` prints it. */
export const fullTimestamp = (timestamp: string): string => {
  const match = /^(.*:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(timestamp);
  return match ? `${match[1]}.${(match[2] ?? '').padEnd(9, '0').slice(0, 9)}${match[3]}` : timestamp;
};
