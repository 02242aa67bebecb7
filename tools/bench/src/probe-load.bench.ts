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
/** The kinds take turns, so that what else the machine does falls on each of them. */
const ROUNDS = 5;
const RUN_MS = 6_000;
/** After a start, until a thousand attempts are spread over a second, ms; the first round of all belongs to the compiler. */
const SETTLE_MS = 2_000;

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

interface Run {
  /** What a thousand a second take of a core, whether or not this machine got to them all. */
  readonly share: number;
  readonly durationsMs: readonly number[];
}

/** Probes for a while, and fails when a probe does. */
const run = async (probe: Probe): Promise<Run> => {
  const durationsMs: number[] = [];
  const failures: string[] = [];
  const subscription = concat(of(targets(probe, MANY)), NEVER)
    .pipe(runProbes({ handlers: [tcpSocketHandler(), httpGetHandler(), grpcHandler()] }))
    .subscribe((it) => {
      if (it.type !== 'attempt') return;
      durationsMs.push(it.durationMs);
      if (it.result !== 'success') failures.push(it.output);
    });
  await after(SETTLE_MS);
  durationsMs.length = 0;
  const cpu = process.cpuUsage();
  await after(RUN_MS);
  const { user, system } = process.cpuUsage(cpu);
  subscription.unsubscribe();
  expect(failures.slice(0, 3)).toEqual([]);
  return { share: (100 * MANY * (user + system)) / 1_000_000 / durationsMs.length, durationsMs };
};

const KINDS = ['tcpSocket', 'httpGet', 'grpc'] as const;
const GOALS = { tcpSocket: 'under 10', httpGet: 'under 14', grpc: 'under 18' };

/** What the probing process takes of a core; the servers are in a process of their own. */
it('measures what a thousand probes cost at a period of 1 s', { timeout: 300_000 }, async () => {
  const server = fork(fileURLToPath(new URL('probe-server.mjs', import.meta.url)));
  const runs: Record<(typeof KINDS)[number], Run[]> = { tcpSocket: [], httpGet: [], grpc: [] };
  try {
    const [{ port, grpcPort }] = (await once(server, 'message')) as [{ readonly port: number; readonly grpcPort: number }];
    const actions = { tcpSocket: { port }, httpGet: { port, path: '/healthz' }, grpc: { port: grpcPort } };
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const kind of KINDS) {
        // Time enough for a machine that does other things: a probe that fails of that says nothing here.
        const one = await run({ [kind]: actions[kind], periodSeconds: 1, timeoutSeconds: 10 } as Probe);
        if (round > 0) runs[kind].push(one);
      }
    }
  } finally {
    server.kill();
  }
  const figures = KINDS.flatMap((kind): readonly Figure[] => {
    const sorted = runs[kind].flatMap(({ durationsMs }) => durationsMs).sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    const overTcp = runs[kind].map(({ share }, round) => share / (runs.tcpSocket[round]?.share ?? Number.NaN));
    return [
      {
        name: `${MANY} ${kind} probes at 1 s`,
        unit: '% of a core',
        spread: spread(runs[kind].map(({ share }) => share)),
        goal: GOALS[kind],
      },
      { name: '… over those of TCP in the same round', unit: '', spread: spread(overTcp) },
      { name: '… that were made in time', unit: '%', spread: spread([(sorted.length / MANY / ROUNDS / (RUN_MS / 1_000)) * 100]) },
      {
        name: '… one attempt (minimum, median, 99 of 100)',
        unit: 'ms',
        spread: { min: at(0), median: at(0.5), max: at(0.99), runs: sorted.length },
      },
    ];
  });
  process.stdout.write(`${report(figures)}\n`);
});
