import type { Duplex } from 'node:stream';
import { longTimeout } from '@solo-kubelet/timers';

/** How long a client may take to read what is still to be sent, ms. */
const FLUSH_TIMEOUT_MS = 10_000;
/** How long what the client still sends is thrown away, ms, so that no reset overtakes the answer (Go's rstAvoidanceDelay). */
const LINGER_MS = 500;

const closing = new WeakSet<Duplex>();
const sent = new WeakSet<Duplex>();

/** Whether all that there was to say on a connection has been handed to the kernel: what ends it now takes nothing from its client. */
export const hasSaidAll = (socket: Duplex): boolean => sent.has(socket);

/** Ends a connection for good: what was written is sent, then it is destroyed, whether or not the client ever ends its half. */
export const closeAfterFlush = (socket: Duplex, lastWords = ''): void => {
  if (socket.destroyed || closing.has(socket)) return;
  closing.add(socket);
  const destroy = (): void => void socket.destroy();
  const limit = (ms: number): (() => void) => longTimeout(destroy, ms, { ref: false });
  let forget = limit(FLUSH_TIMEOUT_MS);
  socket.on('error', destroy);
  socket.once('close', () => forget());
  socket.once('end', () => socket.writableFinished && destroy());
  const flushed = (): void => {
    forget();
    sent.add(socket);
    if (socket.readableEnded) destroy();
    else forget = limit(LINGER_MS);
  };
  socket.once('finish', flushed);
  socket.resume();
  if (socket.writableFinished) flushed();
  else socket.end(lastWords);
};
