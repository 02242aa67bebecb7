import type { Duplex } from 'node:stream';

/**
 * Ends a connection whose client ends it while nobody reads it, which says nothing of its end by itself. What the client sends meanwhile is left to
 * whoever reads it after the function that this gives has been called; an end behind such bytes is his to find.
 */
export const endWithClient = (socket: Duplex): (() => void) => {
  const look = (): void => {
    if (socket.readableLength === 0) socket.read();
  };
  const destroy = (): void => void socket.destroy();
  socket.on('readable', look).once('end', destroy);
  return () => void socket.off('readable', look).off('end', destroy);
};
