import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import { filter, take, tap } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { duration, int32, whole } from '../src/config/field-kinds.js';
import { fields } from '../src/config/fields.js';
import { type JsonObject, withValueAt } from '../src/config/json-paths.js';
import { allServices, createKubelet, type KubeletService } from '../src/index.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'extreme-configuration-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Ports would be opened; no pod fits on a node for none. */
const LEFT_ALONE = ['port', 'readOnlyPort', 'healthzPort', 'maxPods', 'logging.verbosity'];
const INT32 = 2_147_483_647;
/** No call is ever answered within less. */
const SHORTEST_TIMEOUT = '10s';
/** The first that is accepted is taken. */
const ENDS = {
  lowest: { duration: ['-2562047h', '-1ns', '0s', '1ns', '1s', '3s'], number: [-INT32 - 1, -1, 0, 1, 2] },
  highest: {
    duration: ['2562047h47m16.854775807s', '600000h', '1h', '5m', '100ms'],
    number: [Number.MAX_SAFE_INTEGER, INT32, 1_000_000, 65_536, 1_000, 100],
  },
} as const;

const namesOf = (...kinds: readonly unknown[]): readonly string[] =>
  Object.entries(fields).flatMap(([name, { kind }]) => (kinds.includes(kind) && !LEFT_ALONE.includes(name) ? [name] : []));

/** Every duration and number of a configuration at one end of what is accepted of it beside the others. */
const atTheEnds = (base: JsonObject, end: keyof typeof ENDS): { readonly configuration: JsonObject; readonly changed: number } => {
  const accepts = (configuration: JsonObject): boolean => {
    try {
      createKubelet(configuration, { rootDirectory: directory, signal: new AbortController().signal });
      return true;
    } catch {
      return false;
    }
  };
  const values = [
    ...namesOf(duration).map((name) => [name, ENDS[end].duration] as const),
    ...namesOf(int32, whole).map((name) => [name, ENDS[end].number] as const),
  ];
  return values.reduce<{ configuration: JsonObject; changed: number }>(
    ({ configuration, changed }, [name, candidates]) => {
      const next = candidates.map((value) => withValueAt(configuration, name, value)).find(accepts);
      return { configuration: next ?? configuration, changed: changed + (next === undefined ? 0 : 1) };
    },
    { configuration: base, changed: 0 },
  );
};

it.each(['lowest', 'highest'] as const)(
  'runs a pod, and does not spin, with every number of its configuration at its %s',
  { timeout: 120_000 },
  async (end) => {
    const [manifests, rootDirectory] = [join(directory, 'manifests'), join(directory, 'root')];
    await mkdir(manifests);
    const spec = { containers: [{ name: 'app', image: 'a.test/app:1' }] };
    await writeFile(join(manifests, 'web.json'), JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec }));
    await using runtime = await createFakeCri({ registry: [{ tags: ['a.test/app:1'] }] });
    const base = {
      containerRuntimeEndpoint: runtime.endpoint,
      staticPodPath: manifests,
      podLogsDir: join(directory, 'logs'),
      authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
      enableServer: false,
      healthzPort: 0,
      failSwapOn: false,
      cgroupsPerQOS: false,
      enforceNodeAllocatable: ['none'],
    };
    const { configuration: ends, changed } = atTheEnds(base, end);
    const configuration = end === 'lowest' ? { ...ends, runtimeRequestTimeout: SHORTEST_TIMEOUT } : ends;
    expect(changed).toBeGreaterThan(30);
    const stop = new AbortController();
    let calls = Number.NaN;
    const watch: KubeletService = ({ reconciler }) =>
      reconciler.pods$.pipe(
        filter((pods) => [...pods.values()].some(({ pod }) => pod.status?.phase === 'Running')),
        take(1),
        tap(async () => {
          const { length } = runtime.calls;
          const relists = runtime.calls.filter(({ method }) => method === 'ListPodSandbox').length;
          await runtime.called('ListPodSandbox', relists + 2);
          calls = runtime.calls.length - length;
          stop.abort();
        }),
      );
    const runCommand = async () => ({ exitCode: 0, stdout: '', stderr: '', gaveUp: false, ended: Promise.resolve() });
    await createKubelet(configuration, {
      rootDirectory,
      signal: stop.signal,
      services: [...allServices, watch],
      environment: { runCommand },
    }).run();
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThan(200);
  },
);
