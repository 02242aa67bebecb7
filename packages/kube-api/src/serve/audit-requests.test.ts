import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { ApiAnswer, ApiRequest, NodeAnswer, RequestInfo } from '@solo-kubelet/api-server';
import { readRequestInfo } from '@solo-kubelet/api-server';
import { expect, it, vi } from 'vitest';
import type { AuditedRequest } from './audit-log.js';
import { auditRequests } from './audit-requests.js';
import { upgradeToNode } from './upgrade.js';

/** On a busy machine, too. */
const SOON = { timeout: 15_000, interval: 10 };

const TARGET = '/api/v1/namespaces/default/pods/a/exec';

const setUp = (answer: ApiAnswer) => {
  const lines: AuditedRequest[] = [];
  const infos = new WeakMap<ApiRequest, RequestInfo>();
  const audited = auditRequests({
    answerer: {
      admit: () => ({ type: 'refused', answer: { type: 'answer', code: 403, headers: [], body: '' } }),
      handle: (request) => {
        infos.set(request, readRequestInfo(request.method, TARGET, new URLSearchParams()));
        return answer;
      },
    },
    asked: (request) => ({ user: { username: 'u', groups: ['g'] }, info: infos.get(request)! }),
    record: (line) => void lines.push(line),
    now: () => 5,
  });
  const request = { method: 'POST', target: TARGET, headers: {}, body: new Uint8Array(), nowMs: 5, peer: '192.0.2.7' };
  return { audited, lines, request };
};

const stream: NodeAnswer = { type: 'node', target: '/exec/default/a/c', isStream: true };

it('says who asked for what from where, with the code of the answer', async () => {
  const { audited, lines, request } = setUp({ type: 'answer', code: 404, headers: [], body: '' });
  await audited.handle(request);
  expect(lines).toMatchObject([
    {
      code: 404,
      sourceIp: '192.0.2.7',
      user: { username: 'u' },
      objectRef: { resource: 'pods', namespace: 'default', name: 'a', subresource: 'exec' },
    },
  ]);
});

it('records whom it refuses before it reads a body', () => {
  const { audited, lines, request } = setUp({ type: 'answer', code: 200, headers: [], body: '' });
  audited.admit(request);
  expect(lines).toMatchObject([{ code: 403, user: { username: 'u' } }]);
});

it('waits for the code of what comes later', async () => {
  const last = { type: 'answer', code: 504, headers: [], body: '' } as const;
  const { audited, lines, request } = setUp({ type: 'later', delayMs: 1, isReady: () => true, finish: () => last });
  const answer = await audited.handle(request);
  expect(lines).toEqual([]);
  if (answer.type === 'later') expect(answer.finish(9)).toBe(last);
  expect(lines.map(({ code }) => code)).toEqual([504]);
});

const createSocket = () => {
  const written: string[] = [];
  const socket = Object.assign(new EventEmitter(), {
    remoteAddress: '192.0.2.8',
    destroyed: false,
    write: (chunk: string | Uint8Array): boolean => written.push(Buffer.from(chunk as Uint8Array).toString('latin1')) > 0,
    end: () => {},
    destroy: () => {},
  });
  return { socket: socket as unknown as Socket, written };
};

const open = async (
  headers: Record<string, string>,
  lines: readonly AuditedRequest[],
  set: ReturnType<typeof setUp>,
  speak: (socket: Socket) => void,
) => {
  const { socket, written } = createSocket();
  const message = { method: 'POST', url: TARGET, headers, rawHeaders: [], headersDistinct: {}, socket } as unknown as IncomingMessage;
  const handler = { request: () => {}, upgrade: (_message: IncomingMessage, given: Socket) => speak(given) };
  upgradeToNode(set.audited, { now: () => 5 }, () => handler, set.audited.ended)(message, socket, Buffer.alloc(0));
  await vi.waitFor(() => expect(lines).toHaveLength(1), SOON);
  return { written, socket };
};

it('takes the code of a stream from its first line, and once', async () => {
  const set = setUp(stream);
  const { socket, written } = await open({ upgrade: 'SPDY/3.1' }, set.lines, set, (given) => {
    given.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    given.write('HTTP/1.1 500 is what a program printed');
  });
  socket.emit('close');
  expect(set.lines.map(({ code, sourceIp }) => [code, sourceIp])).toEqual([[101, '192.0.2.8']]);
  expect(written).toHaveLength(2);
});

it('tells of streams that are refused, and of clients that went', async () => {
  const refused = setUp(stream);
  await open({ upgrade: 'websocket', 'sec-websocket-protocol': 'v5.channel.k8s.io' }, refused.lines, refused, () => expect.unreachable());
  expect(refused.lines[0]?.code).toBe(400);
  const gone = setUp(stream);
  await open({ upgrade: 'SPDY/3.1' }, gone.lines, gone, (socket) => void socket.emit('close'));
  expect(gone.lines[0]?.code).toBe(499);
});
