import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import type { Duplex } from 'node:stream';
import { waitFor } from '@solo-kubelet-tools/testbed';

/** Something that goes on: what it has said so far, and whether it has ended. */
export interface Running extends Disposable {
  readonly text: () => string;
  readonly hasEnded: () => boolean;
}

const LIMIT_MS = 20_000;
const DATA_CHANNELS = [1, 2];

/** What users of a cluster ask of a node by way of its API server, which connects to the node. */
export const throughServer = (url: string, token: string) => {
  const open = async (path: string, options: RequestOptions): Promise<readonly [IncomingMessage, Duplex | undefined]> => {
    const headers = { authorization: `Bearer ${token}`, ...options.headers };
    const sent = request(`${url}${path}`, { ...options, headers, rejectUnauthorized: false, agent: false });
    sent.setTimeout(LIMIT_MS, () => sent.destroy(new Error(`${path}: nothing for ${LIMIT_MS} ms`)));
    const upgraded = once(sent, 'upgrade').then((answer) => {
      const [response, socket, head] = answer as [IncomingMessage, Duplex, Buffer];
      // The first frames may have come with the answer.
      socket.unshift(head);
      return [response, socket] as const;
    });
    upgraded.catch(() => {});
    sent.end();
    const answer = await Promise.race([once(sent, 'response').then(([response]) => [response, undefined] as const), upgraded]);
    const [response, socket] = answer as readonly [IncomingMessage, Duplex | undefined];
    const wanted = socket === undefined ? 200 : 101;
    if (response.statusCode !== wanted) throw new Error(`${path}: ${response.statusCode} ${await wholeText(response)}`);
    return [response, socket];
  };
  const followLog = async (pod: string): Promise<Running> => {
    const [response] = await open(`${podPath(pod)}/log?follow=true`, {});
    return keep(response, (all) => all.toString());
  };
  const startExec = async (pod: string, script: string): Promise<Running> => {
    const query = ['sh', '-c', script].map((word) => `command=${encodeURIComponent(word)}`).join('&');
    const [, socket] = await open(`${podPath(pod)}/exec?${query}&stdout=true&stderr=true`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
        'sec-websocket-protocol': 'v4.channel.k8s.io',
      },
    });
    return keep(socket!, (all) => outputOf(all));
  };
  return {
    readLog: async (pod: string): Promise<string> => wholeText((await open(`${podPath(pod)}/log`, {}))[0]),
    followLog,
    startExec,
    exec: async (pod: string, script: string): Promise<string> => {
      using running = await startExec(pod, script);
      await waitFor(async () => running.hasEnded(), { what: `end of exec in ${pod}`, timeoutMs: LIMIT_MS, intervalMs: 20 });
      return running.text();
    },
  };
};

const podPath = (pod: string): string => `/api/v1/namespaces/default/pods/${pod}`;

const wholeText = async (response: IncomingMessage): Promise<string> => Buffer.concat(await response.toArray()).toString();

const keep = (stream: Duplex | IncomingMessage, read: (all: Buffer) => string): Running => {
  const chunks: Buffer[] = [];
  let hasEnded = false;
  const end = (): void => {
    hasEnded = true;
  };
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const event of ['end', 'close', 'error']) stream.on(event, end);
  return { text: () => read(Buffer.concat(chunks)), hasEnded: () => hasEnded, [Symbol.dispose]: () => void stream.destroy() };
};

/** What WebSocket frames of a server bring on the channels of output. */
const outputOf = (all: Buffer): string => {
  const parts: Buffer[] = [];
  let at = 0;
  while (all.length >= at + 2) {
    const short = all[at + 1]! & 127;
    const begin = at + (short === 127 ? 10 : short === 126 ? 4 : 2);
    if (all.length < begin) break;
    const length = short === 127 ? Number(all.readBigUInt64BE(at + 2)) : short === 126 ? all.readUInt16BE(at + 2) : short;
    const isData = (all[at]! & 15) <= 2;
    if (isData && DATA_CHANNELS.includes(all[begin] ?? 0)) parts.push(all.subarray(begin + 1, begin + length));
    at = begin + length;
  }
  return Buffer.concat(parts).toString();
};
