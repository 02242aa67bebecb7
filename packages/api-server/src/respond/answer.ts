import type { OutputFormat, OutputLanguage } from '../request/media-types.js';
import { MEDIA_TYPES } from '../request/media-types.js';
import { jsonText } from './object-json.js';
import { protobufObject } from './protobuf-answer.js';
import { yamlText } from './yaml-text.js';

export interface PlainAnswer {
  readonly type: 'answer';
  readonly code: number;
  /** Each may come several times. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | Uint8Array;
}

/** Where a watch writes to. */
export interface WatchSink {
  /** A line of JSON, or a frame of protobuf. */
  readonly send: (event: string | Uint8Array) => void;
  readonly end: () => void;
}

export interface WatchAnswer {
  readonly type: 'watch';
  readonly headers: readonly (readonly [string, string])[];
  /** Starts it; the returned function stops it. */
  readonly start: (sink: WatchSink) => () => void;
  /** It ends by itself after this time, ms. */
  readonly timeoutMs?: number;
  /** Writes a bookmark: called from time to time, and shortly before the end. Undefined: nobody asked for any. */
  readonly tick?: (sink: WatchSink) => void;
}

/** The answer is ready after a while. */
export interface LaterAnswer {
  readonly type: 'later';
  readonly delayMs: number;
  /** Asks again; the last time it has to be an answer. */
  readonly finish: (nowMs: number) => PlainAnswer;
  /** Whether there is no need to wait any longer. */
  readonly isReady: () => boolean;
}

/** Something that the kubelet of the node answers: the request goes there, to another path. */
export interface NodeAnswer {
  readonly type: 'node';
  /** Path and query of the kubelet's HTTP API. */
  readonly target: string;
  /** Whether the connection is to become a stream, which it must ask for. */
  readonly isStream: boolean;
}

export type ApiAnswer = PlainAnswer | WatchAnswer | LaterAnswer | NodeAnswer;

export const textAnswer = (code: number, body: string, contentType = 'text/plain; charset=utf-8'): PlainAnswer => ({
  type: 'answer',
  code,
  headers: [['Content-Type', contentType]],
  body,
});

/** Written as asked for; JSON text that is there already is used for JSON. */
const encode = (language: Exclude<OutputLanguage, 'protobuf'>, pretty: boolean, value: unknown, text?: string): string => {
  if (language === 'yaml') return yamlText(value);
  // Go's encoder ends what it does not indent with a newline.
  return pretty ? JSON.stringify(value, null, 2) : (text ?? `${jsonText(value)}\n`);
};

export const valueAnswer = (code: number, { language: asked, pretty }: OutputFormat, value: unknown, text?: string): PlainAnswer => {
  const bytes = asked === 'protobuf' ? protobufObject(value) : undefined;
  // What has no message is answered as JSON, which every client that asks for protobuf takes as well.
  const language = asked === 'protobuf' ? 'json' : asked;
  return {
    type: 'answer',
    code,
    headers: [['Content-Type', MEDIA_TYPES[bytes === undefined ? language : 'protobuf']]],
    body: bytes ?? encode(language, pretty, value, text),
  };
};
