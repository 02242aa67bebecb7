import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AttachRequest, ExecRequest, PortForwardRequest } from '../gen/cri-v1.js';

/** What a client asked to stream. */
export type StreamCall =
  | { readonly type: 'exec'; readonly request: ExecRequest }
  | { readonly type: 'attach'; readonly request: AttachRequest }
  | { readonly type: 'portForward'; readonly request: PortForwardRequest };

/** Speaks the streaming protocol with a client that came to a URL from Exec, Attach or PortForward. The fake itself knows none. */
export type StreamScript = (call: StreamCall, request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface StreamEndpoint {
  urlFor(call: StreamCall): Promise<string>;
  close(): Promise<void>;
}

/** Hands out URLs, each good for one visit, on a loopback HTTP server that starts with the first. */
export const createStreamEndpoint = (script: StreamScript | undefined): StreamEndpoint => {
  const calls = new Map<string, StreamCall>();
  let server: Server | undefined;
  const sockets = new Set<Duplex>();

  const listen = async (): Promise<Server> => {
    const started = createServer((_, response) => response.writeHead(501).end('this fake runtime has no stream script\n'));
    started.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    started.on('upgrade', (request, socket, head) => {
      const token = request.url?.split('/').pop()?.split('?')[0] ?? '';
      const call = calls.get(token);
      calls.delete(token);
      if (call === undefined) socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      else if (script === undefined) socket.end('HTTP/1.1 501 Not Implemented\r\nConnection: close\r\n\r\n');
      else script(call, request, socket, head);
    });
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    started.unref();
    return started;
  };

  return {
    urlFor: async (call) => {
      server ??= await listen();
      const token = randomBytes(8).toString('base64url');
      calls.set(token, call);
      const { port } = server.address() as AddressInfo;
      return `http://127.0.0.1:${port}/${call.type.toLowerCase()}/${token}`;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    },
  };
};
