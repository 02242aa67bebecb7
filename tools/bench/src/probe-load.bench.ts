import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { concat, NEVER, of } from 'rxjs';
import { expect, it } from 'vitest';
import type { Probe } from '../../../packages/pod-spec/src/gen/pod-types.js';
import { grpcHandler } from '../../../packages/probe-engine/src/grpc/grpc-handler.js';
import { httpGetHandler } from '../../../packages/probe-engine/src/handlers/http-get.js';
import { tcpSocketHandler } from '../../../packages/probe-engine/src/handlers/tcp-socket.js';
import type { ProbeTarget } from '../../../packages/probe-engine/src/probe-target.js';
import { runProbes } from '../../../packages/probe-engine/src/run-probes.js';
import { type Figure, report, spread } from './figures.js';

/** Targets of each kind, and what a figure is of, each second. */
const MANY = 1_000;
const RUNS = 5;
const RUN_MS = 8_000;
/** Belongs to the compiler, ms. */
const WARM_UP_MS = 4_000;

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const targets = (probe: Probe, length: number): readonly ProbeTarget[] =>
  Array.from({ length }, (_, index) => ({
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
  }));

/** What the probing process takes of a core; the servers are in a process of their own. */
it('measures what a thousand probes cost at a period of 1 s', { timeout: 300_000 }, async () => {
  const server = fork(fileURLToPath(new URL('probe-server.mjs', import.meta.url)));
  const figures: Figure[] = [];
  try {
    const [{ port, grpcPort }] = (await once(server, 'message')) as [{ readonly port: number; readonly grpcPort: number }];
    for (const [kind, action, goal] of [
      ['tcpSocket', { port }, 'under 10'],
      ['httpGet', { port, path: '/healthz' }, 'under 14'],
      ['grpc', { port: grpcPort }, 'under 18'],
    ] as const) {
      const durations: number[] = [];
      let failures = 0;
      const probe = { [kind]: action, periodSeconds: 1 } as Probe;
      const subscription = concat(of(targets(probe, MANY)), NEVER)
        .pipe(runProbes({ handlers: [tcpSocketHandler(), httpGetHandler(), grpcHandler()] }))
        .subscribe((it) => {
          if (it.type !== 'attempt') return;
          durations.push(it.durationMs);
          if (it.result !== 'success') failures += 1;
        });
      await after(WARM_UP_MS);
      durations.length = 0;
      const shares: number[] = [];
      for (let run = 0; run < RUNS; run += 1) {
        const [cpu, before] = [process.cpuUsage(), durations.length];
        await after(RUN_MS);
        const { user, system } = process.cpuUsage(cpu);
        // Of a thousand a second, whether or not this machine got to them all.
        shares.push((100 * MANY * (user + system)) / 1_000_000 / (durations.length - before));
      }
      subscription.unsubscribe();
      expect(failures).toBe(0);
      figures.push({
        name: `${kind} probes that were made in time`,
        unit: '%',
        spread: spread([(durations.length / MANY / RUNS / (RUN_MS / 1_000)) * 100]),
      });
      const sorted = durations.toSorted((a, b) => a - b);
      const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
      figures.push({ name: `${MANY} ${kind} probes at 1 s`, unit: '% of a core', spread: spread(shares), goal });
      figures.push({
        name: `… one attempt (minimum, median, 99 of 100)`,
        unit: 'ms',
        spread: { min: at(0), median: at(0.5), max: at(0.99), runs: sorted.length },
      });
    }
  } finally {
    server.kill();
  }
  process.stdout.write(`${report(figures)}\n`);
});
