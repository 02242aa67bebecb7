import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below 32768, where Linux takes the ports of outgoing connections from: one of those could be somebody's by the time that a kubelet
 * which is started again listens on it.
 */
const [LOWEST, HIGHEST] = [20_000, 32_000];
const MOST_TRIES = 1_000;

/** Ports of 127.0.0.1 that nobody listens on now. */
export const freePorts = async (count: number): Promise<readonly number[]> => {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries >= MOST_TRIES) throw new Error(`no ${count} free ports between ${LOWEST} and ${HIGHEST}`);
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
};

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
};
