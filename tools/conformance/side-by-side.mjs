// Measures our API server and kube-apiserver with etcd in one run, request by request in turns:
// KUBE=PATH ETCD=PATH node tools/conformance/side-by-side.mjs [--rounds N] [--pods N] [--clients N] [--slices N] [--json] [--cpu-prof DIR]
// Exit status 1 if a ratio is above what is wanted; 0 with a printed reason if there is no peer to measure with.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createClient, measureCrowd, measureRequests, prepare, startOurs, startPeer } from './src/side-by-side/index.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    pods: { type: 'string', default: '1000' },
    clients: { type: 'string', default: '50' },
    slices: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    'cpu-prof': { type: 'string' },
  },
});
const { KUBE, ETCD } = process.env;
if (KUBE === undefined || ETCD === undefined) {
  process.stdout.write(
    'skipped: there is no peer to measure with; set KUBE to kube-apiserver, or to a program that has it, and ETCD to etcd\n',
  );
  process.exit(0);
}

/** The most that each figure may be of the peer's; of requests a second, the least. */
const WANTED = {
  ready: 0.05,
  'ready-cpu': 0.05,
  pss: 0.25,
  get: 0.8,
  post: 0.5,
  strategic: 0.5,
  apply: 0.5,
  list: 1,
  watch: 0.8,
  'crowd-cpu': 2,
};
const WANTED_CROWD = 0.5;

const directory = mkdtempSync(join(tmpdir(), 'api-side-by-side-'));
const servers = [];
try {
  const ours = await startOurs(directory, values['cpu-prof']);
  servers.push(ours);
  const peer = await startPeer(directory, { kube: KUBE, etcd: ETCD });
  servers.push(peer);
  const sides = [ours, peer];
  for (const side of sides) {
    side.client = createClient(side.url);
    await prepare(side.client, Number(values.pods));
  }
  const medians = await measureRequests(
    sides.map(({ client }) => client),
    Number(values.rounds),
  );
  const { rates, costs } = await measureCrowd(sides, { clients: Number(values.clients), slices: Number(values.slices) });
  const rows = [
    ['ready', 'ms from start', ours.readyMs, peer.readyMs],
    ['ready-cpu', 'ms of CPU', ours.readyCpuMs, peer.readyCpuMs],
    ['pss', 'MiB', ours.pssMib(), peer.pssMib()],
    ...Object.entries(medians).map(([name, [a, b]]) => [name, 'ms, median', a, b]),
    ['crowd-cpu', 'ms CPU/1,000', ...costs],
  ].map(([name, unit, a, b]) => ({ name, unit, ours: a, theirs: b, ratio: a / b, wanted: WANTED[name], met: a / b <= WANTED[name] }));
  const [a, b] = rates;
  rows.push({ name: 'crowd', unit: 'requests/s', ours: a, theirs: b, ratio: a / b, wanted: WANTED_CROWD, met: a / b >= WANTED_CROWD });
  if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else {
    for (const { name, unit, ours: own, theirs, ratio, wanted, met } of rows) {
      const cells = [
        name.padEnd(10),
        unit.padEnd(14),
        own.toFixed(2).padStart(10),
        theirs.toFixed(2).padStart(10),
        ratio.toFixed(3).padStart(8),
      ];
      process.stdout.write(`${cells.join(' ')}  ${name === 'crowd' ? 'at least' : 'at most'} ${wanted} ${met ? '' : 'NOT MET'}\n`);
    }
  }
  process.exitCode = rows.every(({ met }) => met) ? 0 : 1;
  for (const { client } of sides) client.close();
} finally {
  for (const server of servers.reverse()) await server.stop();
  rmSync(directory, { recursive: true, force: true });
}
