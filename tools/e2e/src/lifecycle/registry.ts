import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { unpackPackages } from '../../../images/src/debian-files.js';
import { cacheDirectory } from '../../../testbed/src/cache-directory.js';
import { freePorts } from '../api/free-port.js';

export const REGISTRY_USER = 'line';
export const REGISTRY_PASSWORD = 'let me in';
/** bcrypt of the password, as htpasswd writes it. */
const HTPASSWD = `${REGISTRY_USER}:$2b$04$p.bl2Yymz6a4NdVoMwxZj.qVtd.eBDZ16EpN/D8d5onLJ17TxC9lW\n`;

export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>`, what image names begin with. */
  readonly host: string;
  /** From now on a request whose path matches gets no answer until it is let go. */
  hold(path: RegExp): void;
  letGo(): void;
  /** Requests held at this moment. */
  held(): number;
}

/** Debian's docker-registry on a loopback port, behind a gate where requests can be held up. With `login`, everybody must say who they are. */
export const startRegistry = async (directory: string, { login = false } = {}): Promise<TestRegistry> => {
  const root = await unpackPackages(join(cacheDirectory(), 'debian'), 'docker-registry', ['docker-registry']);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const [port = 0] = await freePorts(1);
  const config = {
    version: 0.1,
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: join(directory, 'data') } },
    http: { addr: `127.0.0.1:${port}` },
    ...(login ? { auth: { htpasswd: { realm: 'line', path: join(directory, 'htpasswd') } } } : {}),
  };
  await writeFile(join(directory, 'htpasswd'), HTPASSWD);
  await writeFile(join(directory, 'config.yml'), JSON.stringify(config));
  const registry = spawn(join(root, 'usr/bin/docker-registry'), ['serve', join(directory, 'config.yml')], { stdio: 'ignore' });
  await once(registry, 'spawn');
  const gate = openGate(port);
  await new Promise<void>((resolve) => gate.server.listen(0, '127.0.0.1', resolve));
  await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/v2/`)).status < 500, { what: 'docker-registry' });
  return {
    host: `127.0.0.1:${(gate.server.address() as AddressInfo).port}`,
    ...gate.controls,
    [Symbol.asyncDispose]: async () => {
      gate.controls.letGo();
      gate.server.closeAllConnections();
      gate.server.close();
      await ended(registry);
      await rm(directory, { recursive: true, force: true });
    },
  };
};

const openGate = (port: number): { readonly server: Server; readonly controls: Pick<TestRegistry, 'hold' | 'letGo' | 'held'> } => {
  let closedTo: RegExp | undefined;
  const waiting = new Set<() => void>();
  const server = createServer((incoming, outgoing) => {
    const pass = (): void => {
      waiting.delete(pass);
      const { method, url: path, headers } = incoming;
      const onward = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.once('error', () => outgoing.destroy());
      incoming.pipe(onward);
    };
    if (closedTo?.test(incoming.url ?? '') !== true) return pass();
    waiting.add(pass);
    outgoing.once('close', () => waiting.delete(pass));
  });
  const controls = {
    hold: (path: RegExp) => {
      closedTo = path;
    },
    letGo: () => {
      closedTo = undefined;
      for (const pass of waiting) pass();
    },
    held: () => waiting.size,
  };
  return { server, controls };
};

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
};
