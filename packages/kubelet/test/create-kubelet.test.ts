import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import { filter, map, take, tap } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { allServices, createKubelet, type KubeletService } from '../src/index.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubelet-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const configurationFor = (containerRuntimeEndpoint: string, staticPodPath: string) => ({
  containerRuntimeEndpoint,
  staticPodPath,
  podLogsDir: join(directory, 'logs'),
  authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
  authorization: { mode: 'AlwaysAllow' },
  enableServer: false,
  healthzPort: 0,
  failSwapOn: false,
  cgroupsPerQOS: false,
  enforceNodeAllocatable: ['none'],
});

/** Mounts nothing. */
const runCommand = async () => ({ exitCode: 0, stdout: '', stderr: '', gaveUp: false, ended: Promise.resolve() });
const LISTENERS = ['uncaughtException', 'unhandledRejection', 'SIGTERM'] as const;

it('runs twice in one process on a runtime in memory, and leaves the process as it was', async () => {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web' },
    spec: { containers: [{ name: 'app', image: 'a.test/app:1' }] },
  };
  const manifests = await mkdtemp(join(directory, 'manifests-'));
  await writeFile(join(manifests, 'web.json'), JSON.stringify(manifest));
  await using runtime = await createFakeCri({ registry: [{ tags: ['a.test/app:1'] }] });
  const configuration = configurationFor(runtime.endpoint, manifests);
  const listeners = () => LISTENERS.map((name) => process.listenerCount(name));
  const [before, during]: [readonly number[], (readonly number[])[]] = [listeners(), []];
  for (let round = 0; round < 2; round += 1) {
    const stop = new AbortController();
    const untilRunning: KubeletService = ({ reconciler }) =>
      reconciler.pods$.pipe(
        filter((pods) => [...pods.values()].some(({ pod }) => pod.status?.phase === 'Running')),
        take(1),
        tap(() => {
          during.push(listeners());
          stop.abort();
        }),
      );
    const services = [...allServices, untilRunning];
    await createKubelet(configuration, {
      rootDirectory: join(directory, 'root'),
      signal: stop.signal,
      services,
      environment: { runCommand },
    }).run();
  }
  expect([...during, listeners()]).toEqual([before, before, before]);
});

it('keeps the events of its last moment on disk', async () => {
  const manifests = await mkdtemp(join(directory, 'manifests-'));
  await writeFile(
    join(manifests, 'web.yaml'),
    'apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: app, image: "a.test/app:1" }] }\n',
  );
  await using runtime = await createFakeCri({ registry: [{ tags: ['a.test/app:1'] }] });
  const stop = new AbortController();
  const onStarted: KubeletService = ({ reconciler }) =>
    reconciler.events$.pipe(
      filter(({ reason }) => reason === 'Started'),
      take(1),
      tap(() => stop.abort()),
    );
  await createKubelet(configurationFor(runtime.endpoint, manifests), {
    rootDirectory: join(directory, 'root'),
    signal: stop.signal,
    services: [...allServices, onStarted],
    environment: { runCommand },
  }).run();
  const { events } = JSON.parse(await readFile(join(directory, 'root', 'events.json'), 'utf8')) as {
    readonly events: readonly { readonly reason: string }[];
  };
  expect(events.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['Pulled', 'Created', 'Started']));
});

it('shows of a Pod’s mounts what the handler of its class can', async () => {
  const manifests = await mkdtemp(join(directory, 'manifests-'));
  await writeFile(
    join(manifests, 'web.yaml'),
    `apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: { name: fast }
handler: crun
---
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  runtimeClassName: fast
  volumes: [{ name: disk, emptyDir: {} }]
  containers:
    - name: app
      image: a.test/app:1
      volumeMounts: [{ name: disk, mountPath: /disk, readOnly: true, recursiveReadOnly: IfPossible }]
`,
  );
  await using runtime = await createFakeCri({ registry: [{ tags: ['a.test/app:1'] }], runtimeHandlers: ['crun'] });
  const stop = new AbortController();
  const shown: unknown[] = [];
  const untilRunning: KubeletService = ({ reconciler }) =>
    reconciler.pods$.pipe(
      map((pods) => [...pods.values()][0]?.pod.status),
      filter((status) => status?.phase === 'Running'),
      take(1),
      tap((status) => {
        shown.push(status?.containerStatuses?.[0]?.volumeMounts?.[0]);
        stop.abort();
      }),
    );
  await createKubelet(configurationFor(runtime.endpoint, manifests), {
    rootDirectory: join(directory, 'root'),
    signal: stop.signal,
    services: [...allServices, untilRunning],
    environment: { runCommand },
  }).run();
  expect(shown).toEqual([{ name: 'disk', mountPath: '/disk', readOnly: true, recursiveReadOnly: 'Enabled' }]);
});

it('says what is wrong with a configuration before anything is begun', () => {
  const options = { rootDirectory: directory, signal: new AbortController().signal };
  expect(() => createKubelet({ maxPods: -1, noSuchField: 1 }, options)).toThrow(
    expect.objectContaining({ code: 'KUBELET_CONFIG_INVALID', message: expect.stringMatching(/noSuchField[\s\S]*maxPods/) }),
  );
});
