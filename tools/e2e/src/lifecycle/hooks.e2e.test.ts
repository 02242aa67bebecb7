import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode, waitingFor } from '../kubelet/node.js';
import {
  dropAll,
  eventOf,
  eventsOf,
  journaled,
  journalOf,
  journalWith,
  removeAll,
  restartedTimes,
  STAY,
  statusOf,
  stayAndTell,
} from './watching.js';

const say = (text: string) => ({ exec: { command: ['sh', '-c', text] } });
let node: TestNode;
/** Answers everything with 500, and remembers what was asked. */
const asked: { readonly path: string; readonly headers: Readonly<Record<string, unknown>> }[] = [];
let web: Server;
let connected = 0;
const tcp = createTcpServer((socket) => {
  connected += 1;
  socket.on('error', () => {}).end();
});
const portOf = (server: Pick<Server, 'address'>): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  web = createServer(({ url = '', headers }, response) => {
    asked.push({ path: url, headers });
    response.writeHead(500).end();
  });
  for (const server of [web, tcp]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  node = await startNode();
  const get = (path: string) => ({
    httpGet: { host: '127.0.0.1', port: portOf(web), path, httpHeaders: [{ name: 'X-Who', value: 'hook' }] },
  });
  await dropAll(
    node,
    journaled(node, 'exec', {
      containers: [
        script('app', `echo app >> $JOURNAL; ${stayAndTell('app')}`, {
          lifecycle: { postStart: say('sleep 0.5; echo postStart >> $JOURNAL'), preStop: say('echo preStop >> $JOURNAL; sleep 0.5') },
        }),
        script('second', 'echo second >> $JOURNAL; exec sleep 1000000'),
      ],
    }),
    podManifest('http', { containers: [script('app', STAY, { lifecycle: { postStart: get('/up?x=1'), preStop: get('/down') } })] }),
    podManifest('tcp', {
      containers: [script('app', STAY, { lifecycle: { postStart: { tcpSocket: { host: '127.0.0.1', port: portOf(tcp) } } } })],
    }),
    journaled(node, 'sleeps', {
      containers: [script('app', stayAndTell('app'), { lifecycle: { preStop: { sleep: { seconds: 2 } } } })],
    }),
    journaled(node, 'post-fails', {
      containers: [script('app', stayAndTell('app'), { lifecycle: { postStart: say('echo because; exit 5') } })],
    }),
    journaled(node, 'pre-fails', {
      containers: [script('app', stayAndTell('app'), { lifecycle: { preStop: say('exit 6') } })],
    }),
    journaled(node, 'pre-hangs', {
      terminationGracePeriodSeconds: 2,
      containers: [script('app', stayAndTell('app'), { lifecycle: { preStop: say('echo begins >> $JOURNAL; sleep 600') } })],
    }),
    journaled(node, 'post-hangs', {
      containers: [script('app', stayAndTell('app'), { lifecycle: { postStart: say('echo hangs >> $JOURNAL; sleep 600') } })],
    }),
    journaled(node, 'unhealthy', {
      containers: [
        script('app', `touch /tmp/ok; ${stayAndTell('app')}`, {
          livenessProbe: { exec: { command: ['test', '-e', '/tmp/ok'] }, periodSeconds: 1, failureThreshold: 1 },
          lifecycle: { preStop: say('echo preStop >> $JOURNAL') },
        }),
      ],
    }),
  );
});
afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  web.close();
  tcp.close();
});

describe('postStart', () => {
  it('runs beside its container, and the next container waits for it', async () => {
    await node.pod('exec', isRunning);
    expect(await journalWith(node, 'exec', 'second')).toEqual(['app', 'postStart', 'second']);
  });

  it('by HTTP asks what it was told to, whatever the answer', async () => {
    await node.pod('http', isRunning);
    expect(asked).toContainEqual({
      path: '/up?x=1',
      headers: expect.objectContaining({ 'x-who': 'hook', 'user-agent': expect.stringMatching(/^kube-lifecycle\/\d+\.\d+$/) }),
    });
    expect((await eventsOf(node, 'http')).map(({ reason }) => reason)).not.toContain('FailedPostStartHook');
  });

  it('by TCP connects', async () => {
    await node.pod('tcp', isRunning);
    expect(connected).toBe(1);
  });

  it('that fails takes its container with it, which is tried again', async () => {
    const pod = await node.pod('post-fails', waitingFor('PostStartHookError'));
    expect(statusOf(pod)).toMatchObject({ ready: false, lastState: { terminated: { exitCode: 0 } } });
    expect(await eventOf(node, 'post-fails', 'FailedPostStartHook')).toMatchObject({
      type: 'Warning',
      message: expect.stringMatching(/exited with 5.*because/s),
    });
    await waitFor(async () => (await journalOf(node, 'post-fails')).length >= 2, { what: 'second try' });
  });

  it('that hangs does not keep its pod from ending', async () => {
    await journalWith(node, 'post-hangs', 'hangs');
    await removeAll(node, 'post-hangs');
    expect(await journalOf(node, 'post-hangs')).toEqual(['hangs', 'app ended']);
  });
});

describe('preStop', () => {
  it('has run when the container is told to end', async () => {
    await node.pod('exec', isRunning);
    await removeAll(node, 'exec');
    expect((await journalOf(node, 'exec')).slice(3)).toEqual(['preStop', 'app ended']);
  });

  it('by HTTP asks what it was told to', async () => {
    await node.pod('http', isRunning);
    await removeAll(node, 'http');
    expect(asked.map(({ path }) => path)).toContain('/down');
    expect((await eventsOf(node, 'http')).map(({ reason }) => reason)).not.toContain('FailedPreStopHook');
  });

  it('can simply wait', async () => {
    await node.pod('sleeps', isRunning);
    const before = performance.now();
    await node.remove('sleeps.json');
    await journalWith(node, 'sleeps', 'app ended');
    expect(performance.now() - before).toBeGreaterThanOrEqual(2_000);
    await node.gone('sleeps');
  });

  it('that fails is told of, and the container ends all the same', async () => {
    await node.pod('pre-fails', isRunning);
    await removeAll(node, 'pre-fails');
    expect(await journalOf(node, 'pre-fails')).toEqual(['app ended']);
    expect(await eventOf(node, 'pre-fails', 'FailedPreStopHook')).toMatchObject({
      type: 'Warning',
      message: expect.stringContaining('exited with 6'),
    });
  });

  it('has no longer than the grace period', async () => {
    await node.pod('pre-hangs', isRunning);
    const before = performance.now();
    await removeAll(node, 'pre-hangs');
    expect(performance.now() - before).toBeGreaterThanOrEqual(2_000);
    expect(performance.now() - before).toBeLessThan(20_000);
    expect(await journalOf(node, 'pre-hangs')).toEqual(['begins', 'app ended']);
    await eventOf(node, 'pre-hangs', 'FailedPreStopHook', /not completed in grace period/);
  });

  it('also runs when a probe has the container restarted', async () => {
    await node.pod('unhealthy', isRunning);
    await node.exec('unhealthy', 'rm /tmp/ok');
    await node.pod('unhealthy', restartedTimes(1));
    expect(await journalOf(node, 'unhealthy')).toEqual(['preStop', 'app ended']);
  });
});
