import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { loadavg } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { expect, it } from 'vitest';
import { isRunning, startNode } from '../../e2e/src/kubelet/node.js';
import { type Figure, report, spread } from './figures.js';

const run = promisify(execFile);
const ROUNDS = Number(process.env['ROUNDS'] ?? 20);
/** Of the bench alone. */
const RANGE = '10.219.16.0/20';
const ADDRESS = '10.219.19.7';
const READY = '/tmp/ready';

/** Whether a connection is made; without endpoints it is refused at once. */
const connects = (): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: ADDRESS, port: 80 });
    const end = (ok: boolean): void => {
      socket.destroy();
      resolve(ok);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.on('connect', () => end(true));
    socket.on('error', () => end(false));
  });

/** When it holds for the first time, asked again and again; ms. */
const firstMs = async (holds: () => Promise<boolean>, limitMs: number): Promise<number> => {
  const beganMs = performance.now();
  while (!(await holds())) {
    if (performance.now() - beganMs > limitMs) throw new Error('not in time');
    await turn();
  }
  return performance.now();
};

/** From the moment at which the kubelet's API shows a Pod as ready to a connection through the address of its Service. */
it('measures how soon a ready Pod is reached', { timeout: 1_800_000 }, async () => {
  const flags = ['--service-cluster-ip-range', RANGE, '--service-dns-address', 'off'];
  const node = await startNode({ flags });
  try {
    await node.drop('web.yaml', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'app',
            image: imageNames.http,
            imagePullPolicy: 'IfNotPresent',
            env: [{ name: 'PORT', value: '8080' }],
            ports: [{ name: 'http', containerPort: 8080 }],
            readinessProbe: { exec: { command: ['test', '-f', READY] }, periodSeconds: 1, failureThreshold: 1 },
          },
        ],
      },
    });
    await node.drop('shop.yaml', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'shop' },
      spec: { clusterIP: ADDRESS, selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    });
    await node.pod('web', (pod) => pod.status?.phase === 'Running', 120_000);
    const isReady = async (): Promise<boolean> => (await node.pods()).some(isRunning);
    const [took, loads]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      await waitFor(async () => !(await isReady()) && !(await connects()), { what: 'an unready Pod', timeoutMs: 60_000 });
      await node.exec('web', `touch ${READY}`);
      const [readyMs, reachedMs] = await Promise.all([firstMs(isReady, 30_000), firstMs(connects, 30_000)]);
      took.push(reachedMs - readyMs);
      loads.push(loadavg()[0]!);
      await node.exec('web', `rm ${READY}`);
    }
    const { stdout } = await run('curl', ['-s', '--unix-socket', `${node.bed.directory}/kubelet.sock`, 'http://localhost/metrics']).catch(
      () => ({ stdout: '' }),
    );
    const metric = (name: string): number =>
      Number(new RegExp(`^kubeproxy_sync_proxy_rules_duration_seconds_${name} ([\\d.]+)`, 'm').exec(stdout)?.[1] ?? Number.NaN);
    const figures: readonly Figure[] = [
      { name: 'shown as ready → reached through the Service', unit: 'ms', spread: spread(took), goal: 'under 100' },
      { name: 'a sync of the rules, mean', unit: 'ms', spread: spread([(metric('sum') / metric('count')) * 1_000]) },
      { name: 'load of the machine', unit: '', spread: spread(loads) },
    ];
    process.stdout.write(`${report(figures)}\n${took.map((one) => one.toFixed(0)).join(' ')}\n`);
    expect(took).toHaveLength(ROUNDS);
  } finally {
    // Rules outlive a kubelet; one without Services takes them away.
    flags.length = 0;
    await node.restartKubelet();
    await waitFor(async () => !(await run('nft', ['list', 'ruleset'], { maxBuffer: 64 * 1024 ** 2 })).stdout.includes(RANGE), {
      what: 'the rules to go',
      timeoutMs: 60_000,
    });
    await node[Symbol.asyncDispose]();
  }
});
