import { Duplex } from 'node:stream';
import { createFrameReader, dataFrame, pingFrame, rstStreamFrame, type SpdyFrame, synStreamFrame } from './spdy-frames.js';

/** A connection that was upgraded to SPDY/3.1, seen from the client. */
export interface SpdyConnection extends Disposable {
  /** Opens a stream. Ending its writable side tells the other side that no more comes; it can still be read. */
  createStream(headers: Readonly<Record<string, string>>): Duplex;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
}

const STATUS_CANCEL = 5;
const MAX_DATA_BYTES = 1 << 16;
/** How many answers to pings may wait for a peer that does not read: it has no use for more of them. */
const MAX_WAITING_PINGS = 64;

/** Speaks SPDY over `socket`; `head` are bytes that came with the answer to the upgrade. */
export const createSpdyConnection = (socket: Duplex, head: Buffer): SpdyConnection => {
  const read = createFrameReader();
  const streams = new Map<number, SpdyStream>();
  let lastId = -1;
  const send = (parts: readonly Buffer[], done?: (error?: Error | null) => void): void => {
    if (socket.destroyed) {
      // The other side has gone: there is nobody to write to, and what it said before must not be lost by an error here.
      done?.();
      return;
    }
    for (const [index, part] of parts.entries()) socket.write(part, index === parts.length - 1 ? done : undefined);
  };
  /** Streams that hold as much as they should: while there is one, nothing more is taken from the socket. */
  const full = new Set<number>();
  const drained = (id: number): void => {
    if (full.delete(id) && full.size === 0) socket.resume();
  };
  let waitingPings = 0;
  const answerPing = (id: number): void => {
    // Odd ones would be answers to our own.
    if (id % 2 === 1 || waitingPings === MAX_WAITING_PINGS) return;
    waitingPings += 1;
    send([pingFrame(id)], () => {
      waitingPings -= 1;
    });
  };
  const end = (stream: SpdyStream): void => {
    stream.endReading();
    // Nothing more can come for it, whether what it holds is read or not.
    drained(stream.id);
  };
  const handle = (frame: SpdyFrame): void => {
    if (frame.type === 'ping') answerPing(frame.id);
    if (frame.type === 'ping' || frame.type === 'goAway' || frame.type === 'ignored') return;
    const stream = streams.get(frame.streamId);
    if (!stream) return;
    if (frame.type === 'rstStream') {
      streams.delete(frame.streamId);
      // Runtimes end a session by cancelling its streams: what came before still counts.
      if (frame.status === STATUS_CANCEL) end(stream);
      else stream.destroy(new Error(`the other side reset the stream (status ${frame.status})`));
      return;
    }
    // The protocol as the runtimes speak it has no flow control: a full stream holds the whole connection until it is read.
    if (frame.type === 'data' && frame.data.length > 0 && stream.receive(frame.data) === 'full') {
      full.add(stream.id);
      socket.pause();
    }
    if (frame.fin) end(stream);
  };
  socket.on('data', (chunk: Buffer) => {
    for (const frame of read(chunk)) handle(frame);
  });
  // A peer that says no more has left: waiting until it has read everything would be for ever, if it does not read.
  socket.once('end', () => socket.destroy());
  socket.on('error', () => socket.destroy());
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      // What has come is still to be read: the streams end after it, and are not destroyed.
      for (const stream of streams.values()) stream.endReading();
      resolve();
    });
  });
  if (head.length > 0) for (const frame of read(head)) handle(frame);
  return {
    closed,
    createStream: (headers) => {
      const isFirst = lastId === -1;
      lastId += 2;
      const stream = new SpdyStream(lastId, send, drained, (id) => streams.delete(id));
      streams.set(stream.id, stream);
      send([synStreamFrame(stream.id, headers, isFirst)]);
      return stream;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
};

type Send = (parts: readonly Buffer[], done?: (error?: Error | null) => void) => void;

class SpdyStream extends Duplex {
  private finished = false;
  private hasEnded = false;

  constructor(
    readonly id: number,
    private readonly send: Send,
    private readonly onDrained: (id: number) => void,
    private readonly onGone: (id: number) => void,
  ) {
    super({ allowHalfOpen: true });
    // Whoever reads or writes is told. Where nobody does any more, what a peer says of the stream must not end the process.
    this.on('error', () => {});
  }

  /** Takes what the other side sent, unless it had said before that no more comes. */
  receive(data: Buffer): 'full' | 'taken' {
    return this.hasEnded || this.destroyed || this.push(data) ? 'taken' : 'full';
  }

  endReading(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.push(null);
  }

  override _read(): void {
    this.onDrained(this.id);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const frames: Buffer[] = [];
    for (let at = 0; at < chunk.length; at += MAX_DATA_BYTES)
      frames.push(...dataFrame(this.id, chunk.subarray(at, at + MAX_DATA_BYTES), false));
    if (frames.length === 0) done();
    else this.send(frames, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.finished = true;
    this.send(dataFrame(this.id, Buffer.alloc(0), true), () => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.finished) this.send([rstStreamFrame(this.id, STATUS_CANCEL)]);
    this.onGone(this.id);
    this.onDrained(this.id);
    done(error);
  }
}
