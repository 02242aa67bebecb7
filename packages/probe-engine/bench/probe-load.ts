// What a thousand probes at a period of 1 s cost this process. The servers are in a process of their own. Run from packages/probe-engine:
//   npx esbuild bench/probe-load.ts --bundle --platform=node --format=esm --conditions=@solo-kubelet/source --outfile=/tmp/probe-load.mjs
//   node /tmp/probe-load.mjs tcpSocket 1000 10; node /tmp/probe-load.mjs httpGet 1000 10
import { fork } from 'node:child_process';
import { createServer } from 'node:net';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Probe } from '@solo-kubelet/pod-spec';
import { concat, NEVER, of } from 'rxjs';
import { httpGetHandler, type ProbeTarget, runProbes, tcpSocketHandler } from '../src/index.js';

const serve = (): void => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'));
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => process.send?.((server.address() as { port: number }).port));
};

const measure = (field: string, count: number, seconds: number, port: number): Promise<void> =>
  new Promise((resolve) => {
    const probe = { [field]: { port, ...(field === 'httpGet' ? { path: '/healthz' } : {}) }, periodSeconds: 1 } as Probe;
    const targets = Array.from(
      { length: count },
      (_, index): ProbeTarget => ({
        podUid: `u${index}`,
        pod: `default/p${index}`,
        containerName: 'app',
        containerId: `c${index}`,
        kind: 'readiness',
        probe,
        podIp: '127.0.0.1',
        ports: [],
        startedAtMs: 0,
        started: true,
      }),
    );
    const results = new Map<string, number>();
    const durations: number[] = [];
    const subscription = concat(of(targets), NEVER)
      .pipe(runProbes({ handlers: [tcpSocketHandler(), httpGetHandler()] }))
      .subscribe((report) => {
        if (report.type !== 'attempt') return;
        results.set(report.result, (results.get(report.result) ?? 0) + 1);
        durations.push(report.durationMs);
      });
    // The first two seconds belong to the compiler.
    setTimeout(() => {
      const cpu = process.cpuUsage();
      const startedAt = performance.now();
      results.clear();
      durations.length = 0;
      setTimeout(() => {
        const { user, system } = process.cpuUsage(cpu);
        const wallMs = performance.now() - startedAt;
        subscription.unsubscribe();
        durations.sort((a, b) => a - b);
        const at = (share: number) => durations[Math.floor(durations.length * share)];
        console.log(
          `${field}: ${((user + system) / 10 / wallMs).toFixed(1)} % of a core (user ${(user / 10 / wallMs).toFixed(1)}, system ${(system / 10 / wallMs).toFixed(1)}),`,
          `${Math.round((durations.length / wallMs) * 1_000)} attempts/s, ${JSON.stringify(Object.fromEntries(results))},`,
          `median ${at(0.5)} ms, p99 ${at(0.99)} ms; node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`,
        );
        resolve();
      }, seconds * 1_000);
    }, 2_000);
  });

if (process.argv[2] === 'server') {
  serve();
} else {
  const [field = 'tcpSocket', count = '1000', seconds = '10'] = process.argv.slice(2);
  const server = fork(fileURLToPath(import.meta.url), ['server']);
  server.once('message', async (port) => {
    await measure(field, Number(count), Number(seconds), port as number);
    server.kill();
  });
}
