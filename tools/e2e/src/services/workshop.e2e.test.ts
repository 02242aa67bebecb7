import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { removeServices } from '@solo-kubelet/kubelet/networks';
import type { Pod } from '@solo-kubelet/pod-spec';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../api/free-port.js';
import { kubeletCli } from '../cli/command-line.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { askProxy, openWebSocket } from './ask-proxy.js';
import { lacksBrowser, openBrowser } from './headless-browser.js';

const run = promisify(execFile);
const fault = await run('nft', ['list', 'tables'])
  .then(() => run('haproxy', ['-v']))
  .then(
    () => undefined,
    (error: Error) => error.message,
  );
if (fault !== undefined) console.log(`workshop.e2e.test.ts is skipped: ${fault}`);
const noBrowser = await lacksBrowser();
if (noBrowser !== undefined) console.log(`the workshop is not looked at in a browser: ${noBrowser}`);

const EXAMPLE = fileURLToPath(new URL('../../../../examples/more/workshop.yaml', import.meta.url));
const ABORTABLE = { signal: new AbortController().signal };
const [httpPort = 0, httpsPort = 0] = await freePorts(2);
const [CNC, CAMERA] = ['cnc.workshop.example', 'camera.workshop.example'];
const HEADERS = { cookie: 'workshop=open' };

describe.skipIf(fault !== undefined)('the workshop of the examples', () => {
  let node: TestNode;
  const flags = [
    ...['--service-cluster-ip-range', '10.220.0.0/20', '--service-dns-address', 'off'],
    ...['--ingress-ports', `${httpPort},${httpsPort}`, '--ingress-addresses', '127.0.0.1'],
  ];
  beforeAll(async () => {
    node = await startNode({ flags });
    const socket = join(node.bed.directory, 'kubelet.sock');
    const { status, stdout, stderr } = await kubeletCli(['apply', '-f', EXAMPLE, '--socket', socket], { timeoutMs: 240_000 });
    if (status !== 0) throw new Error(`${stdout}${stderr}\n${node.kubelet().log().slice(-4_000)}`);
    for (const host of [CNC, CAMERA])
      await waitFor(
        () =>
          askProxy({ port: httpsPort, host, tls: true, headers: HEADERS, path: host === CAMERA ? '/cgi-bin/frame' : '/' }).then(
            ({ status: answered }) => answered === 200 || undefined,
            () => undefined,
          ),
        { what: `${host} through the proxy`, timeoutMs: 120_000 },
      ).catch((cause: unknown) => {
        throw new Error(node.kubelet().log().slice(-4_000), { cause });
      });
  }, 480_000);
  afterAll(async () => {
    const { bed } = node;
    // Rules and proxy outlive a kubelet.
    await node.kubelet().end();
    await removeServices({ rootDirectory: bed.rootDirectory, ...ABORTABLE });
    await node[Symbol.asyncDispose]();
    expect(await bed.leaks()).toEqual([]);
  });

  const podOf = async (app: string): Promise<Pod> => {
    const pod = (await node.pods()).find(({ metadata }) => metadata.labels?.['app'] === app);
    if (pod === undefined || !isRunning(pod)) throw new Error(`no Pod of ${app} runs`);
    return pod;
  };
  const inPod = async (app: string, container: string, script: string): Promise<string> => {
    const { metadata } = await podOf(app);
    const { containers } = await node.bed.cri.runtime.listContainers({
      filter: {
        state: { state: 1 },
        labelSelector: { 'io.kubernetes.pod.name': metadata.name!, 'io.kubernetes.container.name': container },
      },
    });
    const { stdout, stderr } = await node.bed.cri.runtime.execSync({
      containerId: containers[0]!.id,
      cmd: ['sh', '-c', script],
      timeout: 60n,
    });
    return Buffer.concat([stdout, stderr]).toString();
  };

  it('whoever has not signed in is sent there, and comes back to where he wanted', async () => {
    expect(await askProxy({ port: httpPort, host: CNC, path: '/' })).toMatchObject({ status: 308 });
    const sent = await askProxy({ port: httpsPort, host: CNC, path: '/jobs', tls: true });
    expect(sent).toMatchObject({ status: 302, headers: { location: `https://${CNC}/cgi-bin/start?rd=%2Fjobs` } });
    const start = await askProxy({ port: httpsPort, host: CNC, path: '/cgi-bin/start?rd=%2Fjobs', tls: true });
    expect(start).toMatchObject({ status: 302, headers: { location: '/jobs' } });
    expect(start.headers['set-cookie']?.[0]).toContain('workshop=open');
    await expect(openWebSocket({ port: httpsPort, host: CNC, path: '/spindle', tls: true })).rejects.toThrow('302');
    expect((await askProxy({ port: httpsPort, host: CAMERA, path: '/cgi-bin/stream', tls: true })).status).toBe(302);
  });

  it("the page, the spindle's WebSocket and the camera's stream come through, by TLS that the node's CA signed", async () => {
    const ca = await readFile(join(node.bed.rootDirectory, 'api', 'ca.crt'), 'utf8');
    expect((await askProxy({ port: httpsPort, host: CNC, tls: ca, headers: HEADERS })).body).toContain('Spindle at');
    using socket = await openWebSocket({ port: httpsPort, host: CNC, path: '/spindle', tls: ca, headers: HEADERS });
    await waitFor(async () => (socket.said().match(/X\d{4}/g)?.length ?? 0) >= 5 || undefined, { what: 'five figures', timeoutMs: 60_000 });
    const frames = await new Promise<number>((resolve, reject) => {
      let body = '';
      const sent = request(
        { host: '127.0.0.1', port: httpsPort, servername: CAMERA, ca, path: '/cgi-bin/stream', headers: { host: CAMERA, ...HEADERS } },
        (incoming) => {
          incoming.setEncoding('utf8').on('data', (text: string) => {
            body += text;
            const count = body.match(/frame of \d/g)?.length ?? 0;
            if (count < 5) return;
            resolve(count);
            sent.destroy();
          });
        },
      );
      sent.setTimeout(60_000, () => sent.destroy(new Error('the stream stands still')));
      sent.on('error', reject);
      sent.end();
    });
    expect(frames).toBeGreaterThanOrEqual(5);
  });

  it('the recorder keeps frames of the camera in its claim', async () => {
    await waitFor(
      async () => /frame of \d\d:\d\d:\d\d\n.*frame of/s.test(await inPod('recorder', 'recorder', 'cat /recordings/frames')) || undefined,
      {
        what: 'two frames in the claim',
        timeoutMs: 60_000,
      },
    );
  });

  it('nobody but the recorder reaches the cameras, and they reach nobody', async () => {
    const [camera, cnc] = await Promise.all(['camera', 'cnc'].map(async (app) => (await podOf(app)).status!.podIP!));
    const reaches = (ip: string | undefined): string => `nc -w 3 ${ip} 8080 </dev/null && echo reached || echo not`;
    expect(await inPod('recorder', 'recorder', reaches(camera))).toContain('reached');
    expect(await inPod('cnc', 'page', reaches(camera))).not.toContain('reached');
    expect(await inPod('camera', 'camera', reaches(cnc))).not.toContain('reached');
    expect(await inPod('cnc', 'spindle', reaches(cnc))).toContain('reached');
  });

  it.skipIf(noBrowser !== undefined)('a browser signs in, and shows where the spindle is', async () => {
    await using page = await openBrowser({ httpsPort });
    await page.open(`https://${CNC}/`);
    expect(await page.evaluate('document.title')).toBe('CNC');
    const shown = await waitFor(async () => /^X\d{4}$/.exec(await page.evaluate("document.getElementById('spindle').textContent"))?.[0], {
      what: 'a figure in the page',
      timeoutMs: 60_000,
    });
    await waitFor(async () => (await page.evaluate("document.getElementById('spindle').textContent")) !== shown || undefined, {
      what: 'the next figure',
      timeoutMs: 60_000,
    });
  });
});
