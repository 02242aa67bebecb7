import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestNode } from '../kubelet/node.js';

/** What the kubelet of a test answers at a path of its socket. */
const askSocket = (node: TestNode, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath: join(node.bed.directory, 'kubelet.sock'), path }, (response) =>
      text(response).then(resolve, reject),
    );
    asked.on('error', reject).end();
  });

/** The value of one of its metrics, with the labels as they are written; 0 while there is none. */
export const metricOf = async (node: TestNode, name: string): Promise<number> => {
  const line = (await askSocket(node, '/metrics')).split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
};
