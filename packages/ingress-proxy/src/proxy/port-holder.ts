import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';

/** Who listens at a TCP port of an address, if anybody does that keeps others from it: program and process id where they can be found out. */
export const portHolder = async (address: string, port: number): Promise<string | undefined> => {
  const code = await tryPort(address, port);
  if (code === undefined || code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL') return undefined;
  if (code === 'EACCES') return 'the kernel, which leaves it to root';
  return (await programAt(port)) ?? 'another process';
};

const tryPort = (host: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'EADDRINUSE'));
    server.listen({ host, port, exclusive: true, ipv6Only: true }, () => server.close(() => resolve(undefined)));
  });

const LISTEN_STATE = '0A';

const programAt = async (port: number): Promise<string | undefined> => {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')));
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set(
    tables.flatMap((table) =>
      table.split('\n').flatMap((line) => {
        const fields = line.trim().split(/\s+/);
        return fields[3] === LISTEN_STATE && fields[1]?.endsWith(`:${hex}`) ? [`socket:[${fields[9]}]`] : [];
      }),
    ),
  );
  if (inodes.size === 0) return undefined;
  for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      if (!inodes.has(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))) continue;
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
      return `${name.trim() || 'a process'} (pid ${pid})`;
    }
  }
  return undefined;
};
