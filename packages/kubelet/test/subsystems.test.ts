import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import { filter, take, tap } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { allServices, createKubelet, type KubeletService } from '../src/index.js';
import { subsystems } from '../src/kubelet.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubelet-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const EDGES = new Map([
  ['command', 'commands$'],
  ['changeFacts', 'factsChange$'],
  ['nodeEvent', 'nodeEvent$'],
  ['sourceHealth', 'sourceHealth$'],
  ['sourceCommand', 'sourceCommand$'],
]);

/** Hands on a context, or a part of it, and notes which streams and feedback edges are taken from it. */
const noting = <T extends object>(target: T, seen: Set<string>): T =>
  new Proxy(target, {
    get: (object, key) => {
      const value: unknown = Reflect.get(object, key);
      const name = EDGES.get(String(key)) ?? String(key);
      if (name.endsWith('$')) seen.add(name);
      return key === 'reconciler' || key === 'resources' ? noting(value as object, seen) : value;
    },
  });

it('services take from the kubelet what they declare, and nothing else', async () => {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web' },
    spec: { containers: [{ name: 'app', image: 'a.test/app:1' }] },
  };
  await writeFile(join(directory, 'web.json'), JSON.stringify(manifest));
  await using runtime = await createFakeCri({ registry: [{ tags: ['a.test/app:1'] }] });
  const taken = new Map<string, Set<string>>();
  const noted = allServices.map(({ name, run }): KubeletService => {
    const seen = new Set<string>();
    taken.set(name, seen);
    return (context) => run(noting(context, seen));
  });
  const stop = new AbortController();
  const wallMs = Date.parse('2031-05-06T07:08:09Z');
  let startTime: string | undefined;
  const untilRunning: KubeletService = ({ reconciler }) =>
    reconciler.pods$.pipe(
      filter((pods) => [...pods.values()].some(({ pod }) => pod.status?.phase === 'Running')),
      take(1),
      tap((pods) => {
        startTime = [...pods.values()][0]?.pod.status?.startTime;
        stop.abort();
      }),
    );
  await createKubelet(
    {
      containerRuntimeEndpoint: runtime.endpoint,
      staticPodPath: directory,
      podLogsDir: join(directory, 'logs'),
      authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
      shutdownGracePeriod: '1s',
      ...{ enableServer: false, healthzPort: 0, failSwapOn: false, cgroupsPerQOS: false, enforceNodeAllocatable: ['none'] },
    },
    {
      rootDirectory: join(directory, 'root'),
      signal: stop.signal,
      clock: { now: () => wallMs },
      services: [...noted, untilRunning],
      environment: { runCommand: async () => ({ exitCode: 0, stdout: '', stderr: '', gaveUp: false, ended: Promise.resolve() }) },
    },
  ).run();
  const undeclared = allServices.flatMap(({ name, reads, emits }) =>
    [...(taken.get(name) ?? [])]
      .filter((stream) => ![...reads, ...emits].some((declared) => declared === stream))
      .map((stream) => `${name}: ${stream}`),
  );
  expect(undeclared).toEqual([]);
  expect([...(taken.get('eviction') ?? [])].sort()).toEqual(['activity$', 'commands$', 'factsChange$', 'nodeEvent$', 'pods$']);
  expect(startTime).toBe('2031-05-06T07:08:09Z');
});

it('every stream that is read is emitted, and the feedback edges are those of the context', () => {
  const emitted = new Set(subsystems.flatMap(({ emits }) => emits));
  expect(
    subsystems.flatMap(({ name, reads }) => reads.filter((stream) => !emitted.has(stream)).map((stream) => `${name}: ${stream}`)),
  ).toEqual([]);
  const read = new Set(subsystems.flatMap(({ reads }) => reads));
  expect([...EDGES.values()].filter((edge) => !(read as ReadonlySet<string>).has(edge))).toEqual([]);
  expect(new Set(subsystems.map(({ name }) => name)).size).toBe(subsystems.length);
});

it('docs/data-flow.md lists the subsystems as they are', () => {
  const page = readFileSync(new URL('../../../docs/data-flow.md', import.meta.url), 'utf8');
  const cell = (streams: readonly string[]) => (streams.length === 0 ? '–' : streams.map((stream) => `\`${stream}\``).join(' '));
  const rows = subsystems.map(({ name, reads, emits }) => `| ${name} | ${cell(reads)} | ${cell(emits)} |`);
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  expect(page.split('\n').filter((line) => /^\| .* \| .*\$` ?.*\|$/.test(line) || /\| – \|/.test(line)).length).toBeGreaterThanOrEqual(
    rows.length,
  );
});
