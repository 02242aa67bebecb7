import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import { silentLogger } from '@solo-kubelet/diagnostics';
import fc from 'fast-check';
import { filter, take, tap } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { allServices, createKubelet, type KubeletService } from '../src/index.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubelet-state-'));
});
afterEach(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));

const runCommand = async () => ({ exitCode: 0, stdout: '', stderr: '', gaveUp: false, ended: Promise.resolve() });

/** Runs a kubelet until its Pod runs; what it said in warnings and errors. */
const start = async (endpoint: string, manifests: string): Promise<readonly string[]> => {
  const stop = new AbortController();
  const said: string[] = [];
  const untilRunning: KubeletService = ({ reconciler }) =>
    reconciler.pods$.pipe(
      filter((pods) => [...pods.values()].some(({ pod }) => pod.status?.phase === 'Running')),
      take(1),
      tap(() => stop.abort()),
    );
  const note = (fields: object, message: string): void => void said.push(`${message} ${JSON.stringify(fields)}`);
  await createKubelet(
    {
      containerRuntimeEndpoint: endpoint,
      staticPodPath: manifests,
      podLogsDir: join(directory, 'logs'),
      authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
      enableServer: false,
      healthzPort: 0,
      failSwapOn: false,
      cgroupsPerQOS: false,
      enforceNodeAllocatable: ['none'],
    },
    {
      rootDirectory: join(directory, 'root'),
      signal: stop.signal,
      services: [...allServices, untilRunning],
      environment: { runCommand },
      logger: { ...silentLogger, warn: note, error: note },
    },
  ).run();
  return said;
};

/** Files that hold JSON and those that hold a line, by path; locks, sockets and volumes are none. */
const stateFiles = async (): Promise<readonly string[]> => {
  const found = await readdir(join(directory, 'root'), { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile() && !entry.name.includes('lock') && !entry.name.endsWith('.broken') && !entry.name.endsWith('.pem'))
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !path.includes('/pods/'))
    .sort();
};

const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, [], {}, [null], 0, -1, 1e308, '', '__proto__', true),
  fc.jsonValue({ maxDepth: 2 }),
);

/** One place of a value made another. */
const changed = (whole: unknown, at: number, other: unknown): unknown => {
  if (typeof whole !== 'object' || whole === null || at < 0.15) return other;
  const keys = Object.keys(whole);
  if (keys.length === 0) return other;
  const scaled = ((at - 0.15) / 0.85) * keys.length;
  const key = keys[Math.min(keys.length - 1, Math.floor(scaled))]!;
  const next = changed((whole as Record<string, unknown>)[key], scaled - Math.floor(scaled), other);
  return Array.isArray(whole) ? whole.map((item, index) => (String(index) === key ? next : item)) : { ...whole, [key]: next };
};

const spoil = (text: string, at: number, other: unknown, how: string): string => {
  if (how === 'cut') return text.slice(0, Math.floor(at * text.length));
  if (how === 'other') return JSON.stringify(other);
  if (how === 'zeros') return '\0'.repeat(text.length);
  if (how === 'deep') return '['.repeat(100_000);
  try {
    return JSON.stringify(changed(JSON.parse(text), at, other));
  } catch {
    return String(other);
  }
};

it('a kubelet starts, and has its Pod running, whatever its state files hold', async () => {
  const manifests = await mkdtemp(join(directory, 'manifests-'));
  await writeFile(
    join(manifests, 'web.yaml'),
    'apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: app, image: "a.test/app:1" }] }\n',
  );
  await writeFile(join(manifests, 'set.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { a: b }\n');
  await using runtime = await createFakeCri({ registry: [{ tags: ['a.test/app:1'] }] });
  await start(runtime.endpoint, manifests);
  const sound = new Map<string, string>();
  for (const path of await stateFiles()) sound.set(path, await readFile(path, 'utf8'));
  expect([...sound.keys()].map((path) => path.split('/').at(-1))).toEqual(expect.arrayContaining(['events.json']));
  expect(sound.size).toBeGreaterThan(2);
  const spoils = fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      other: value,
      how: fc.constantFrom('part', 'part', 'part', 'cut', 'other', 'zeros', 'deep'),
    }),
    { minLength: sound.size, maxLength: sound.size },
  );
  await fc.assert(
    fc.asyncProperty(spoils, async (each) => {
      for (const [index, [path, text]] of [...sound].entries()) {
        const { at, other, how } = each[index]!;
        await writeFile(path, spoil(text, at, other, how));
      }
      const said = await start(runtime.endpoint, manifests);
      expect(said.filter((line) => /TypeError|is not a function|undefined \(reading|is not iterable|bug/.test(line))).toEqual([]);
    }),
    { numRuns: Math.ceil((fc.readConfigureGlobal().numRuns ?? 100) / 20), endOnFailure: true },
  );
});
