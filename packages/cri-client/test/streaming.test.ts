import { type Duplex, PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { createCriClient } from '../src/index.js';
import { attach, exec, portForward } from '../src/streaming/index.js';
import { dataFrame } from '../src/streaming/spdy-frames.js';
import { createFakeCri } from '../src/testing/index.js';

interface Session {
  /** Stream ids by their type. */
  readonly ids: Map<string, number>;
  send(type: string, data: string): void;
}

/** Answers an upgrade and tells of each frame of data: `(type of the stream, data, whether it was the last)`. */
const serve = (
  socket: Duplex,
  onData: (session: Session, type: string, data: string, fin: boolean) => void,
  onOpen: (session: Session, type: string) => void,
) => {
  socket.on('error', () => {});
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
  const ids = new Map<string, number>();
  const session: Session = {
    ids,
    send: (type, data) => {
      for (const part of dataFrame(ids.get(type) ?? 0, Buffer.from(data), true)) socket.write(part);
    },
  };
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 8 && rest.length >= 8 + rest.readUIntBE(5, 3)) {
      const frame = rest.subarray(0, 8 + rest.readUIntBE(5, 3));
      rest = rest.subarray(frame.length);
      if (frame.readUInt16BE(0) === 0x8003 && frame.readUInt16BE(2) === 1) {
        // Headers are sent in stored blocks, so their text is there as it is.
        const type = /streamtype[^a-z]+(error|stdin|stdout|stderr|resize|data)/.exec(frame.toString('latin1'))?.[1] ?? '';
        ids.set(type, frame.readUInt32BE(8));
        onOpen(session, type);
      } else if ((frame[0] ?? 0) < 0x80) {
        const type = [...ids].find(([, id]) => id === frame.readUInt32BE(0))?.[0] ?? '';
        onData(session, type, frame.toString('utf8', 8), (frame[4] ?? 0) === 1);
      }
    }
  });
};

const exitStatus = (code: number): string =>
  JSON.stringify({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: String(code) }] } });

const containerIn = async (cri: ReturnType<typeof createCriClient>) => {
  const { podSandboxId } = await cri.runtime.runPodSandbox({ config: { metadata: { name: 'web', namespace: 'default', uid: 'u1' } } });
  const config = { metadata: { name: 'app' }, image: { image: 'busybox:1' } };
  const { containerId } = await cri.runtime.createContainer({ podSandboxId, config });
  await cri.runtime.startContainer({ containerId });
  return { podSandboxId, containerId };
};

/** Gives back in capitals what comes, and ends with code 3. */
const shout = (session: Session, type: string, data: string): void => {
  if (type !== 'stdin' || data === '') return;
  session.send('stdout', data.toUpperCase());
  session.send('error', exitStatus(3));
};

it.each(['exec', 'attach'] as const)('%s: passes input and output through and tells the exit code', async (kind) => {
  await using fake = await createFakeCri({
    images: [{ tags: ['busybox:1'] }],
    streams: (_call, _request, socket) => serve(socket, shout, () => {}),
  });
  await using cri = createCriClient({ endpoint: fake.endpoint });
  const { containerId } = await containerIn(cri);
  const stdout = new PassThrough();
  const streams = { containerId, stdin: Readable.from([Buffer.from('hello')]), stdout };
  const result = await (kind === 'exec' ? exec(cri, { ...streams, cmd: ['cat'] }) : attach(cri, streams));
  expect(result).toEqual({ type: 'exited', code: 3 });
  expect(String(stdout.read())).toBe('HELLO');
});

it('portForward: opens one connection to a port, and passes on why it failed', async () => {
  await using fake = await createFakeCri({
    streams: (call, _request, socket) =>
      serve(
        socket,
        (session, type, data) => {
          if (type === 'data' && data !== '') session.send('data', data.toUpperCase());
        },
        (session, type) => {
          if (type === 'data' && call.type === 'portForward' && call.request.port[0] === 81) session.send('error', 'connection refused');
        },
      ),
  });
  await using cri = createCriClient({ endpoint: fake.endpoint });
  const { podSandboxId } = await cri.runtime.runPodSandbox({ config: { metadata: { name: 'web', namespace: 'default', uid: 'u1' } } });
  using stream = await portForward(cri, { podSandboxId, port: 80 });
  stream.data.end('hello');
  expect(await text(stream.data)).toBe('HELLO');
  using refused = await portForward(cri, { podSandboxId, port: 81 });
  await expect(refused.failure).rejects.toThrow('connection refused');
});

it('says in the words of the server why there is no stream', async () => {
  await using fake = await createFakeCri({ images: [{ tags: ['busybox:1'] }] });
  await using cri = createCriClient({ endpoint: fake.endpoint });
  const { containerId } = await containerIn(cri);
  await expect(exec(cri, { containerId, cmd: ['true'], stdout: new PassThrough() })).rejects.toMatchObject({ code: 'STREAM_REFUSED' });
});
