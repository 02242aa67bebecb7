import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Hands connections on to a port of this machine, until it is cut. */
export const startLine = async (to: number) => {
  const sockets = new Set<Socket>();
  let isCut = false;
  let turnedAway = 0;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((from) => {
    if (isCut) {
      turnedAway += 1;
      from.resetAndDestroy();
      return;
    }
    const there = connect(to, '127.0.0.1');
    for (const [socket, other] of [
      [from, there],
      [there, from],
    ] as const) {
      keep(socket);
      socket.on('error', () => other.destroy());
      socket.once('close', () => other.destroy());
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut: (): void => {
      isCut = true;
      drop();
    },
    mend: (): void => {
      isCut = false;
    },
    turnedAway: () => turnedAway,
    close: (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        drop();
      }),
  };
};
