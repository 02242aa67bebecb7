import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The one address that machines reach, whatever answers there. */
export const FLEET_ADDRESS = '10.0.2.100';

export interface FleetServer extends AsyncDisposable {
  /** Certificates of the authority that vouches for it. */
  readonly ca: string;
  /** Every request so far: method, path and status. */
  readonly requests: readonly string[];
  /** Arguments of qemu for a network in which nothing but this server is in reach, and further ports of this machine: the machine's port, and ours. */
  network(more?: readonly (readonly [number, number])[]): readonly string[];
}

/** A web server of static files by http and https, with entity tags, for virtual machines. `scratch` gets its keys. */
export const startFleetServer = async (www: string, scratch: string): Promise<FleetServer> => {
  const at = (name: string): string => join(scratch, name);
  makeCertificates(at);
  const requests: string[] = [];
  const answer: RequestListener = (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://fleet').pathname));
    const send = (status: number, headers: Record<string, string> = {}, body?: Buffer): void => {
      requests.push(`${request.method} ${path} ${status}`);
      response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body);
    };
    readFile(join(www, path)).then(
      (content) => {
        const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`;
        if (request.headers['if-none-match'] === etag) send(304, { etag });
        else send(200, { etag, 'content-length': `${content.length}` }, content);
      },
      () => send(404),
    );
  };
  const servers = [
    createServer(answer),
    createTlsServer({ key: await readFile(at('server.key')), cert: await readFile(at('server.pem')) }, answer),
  ] as const;
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  return {
    ca: at('ca.pem'),
    requests,
    network: (more = []) => {
      const forwards = [[80, ports[0]], [443, ports[1]], ...more].map(
        ([theirs, ours]) => `guestfwd=tcp:${FLEET_ADDRESS}:${theirs}-cmd:${process.execPath} ${FORWARD} ${ours}`,
      );
      return ['-netdev', ['user,id=net,restrict=on', ...forwards].join(','), '-device', 'virtio-net-pci,netdev=net,romfile='];
    },
    [Symbol.asyncDispose]: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
};

/** qemu connects its own kind of forward once; a program is started for each connection. */
const FORWARD = fileURLToPath(new URL('forward.mjs', import.meta.url));

const makeCertificates = (at: (name: string) => string): void => {
  const openssl = (...args: readonly string[]): Buffer => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const usage = ['-addext', 'keyUsage=critical,keyCertSign'];
  openssl('req', '-x509', ...key, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '3650', '-subj', '/CN=fleet-ca', ...usage);
  openssl('req', ...key, '-keyout', at('server.key'), '-out', at('server.csr'), '-subj', '/CN=fleet');
  writeFileSync(at('server.ext'), `subjectAltName=IP:${FLEET_ADDRESS}\n`);
  const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '3650', '-extfile', at('server.ext')];
  openssl('x509', '-req', '-in', at('server.csr'), '-out', at('server.pem'), ...signed);
};
