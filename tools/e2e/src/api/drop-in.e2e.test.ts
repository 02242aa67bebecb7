import { mkdir, open, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import { imageNames } from '@solo-kubelet-tools/images';
import { startTestbed, type Testbed, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { decodeConfiguration, encodeConfiguration } from '../../../../packages/kubelet/src/config/decode-configuration.js';
import { fields } from '../../../../packages/kubelet/src/config/fields.js';
import { freePorts } from './free-port.js';
import { ask } from './http.js';
import { type LinkedKubelet, startLinkedKubelet } from './linked-kubelet.js';

// How the kubelet's own node tests drive it (test/e2e_node: services/kubelet.go, standalone_test.go), and the unit file of the deck.

const NODE = 'drop-in';
let bed: Testbed;
let kubelet: LinkedKubelet;
let [port, readOnlyPort, healthzPort]: (number | undefined)[] = [];
const readOnly = (): string => `http://127.0.0.1:${readOnlyPort}`;
const podsNow = async (headers = {}): Promise<readonly Pod[]> => {
  const { status, body } = await ask(`${readOnly()}/pods`, { headers });
  expect(status).toBe(200);
  return (JSON.parse(body) as { items: Pod[] | null }).items ?? [];
};

/** Opened with O_TRUNC and written in place, in two pieces, as no careful program would. */
const writeInPlace = async (path: string, text: string): Promise<void> => {
  const file = await open(path, 'w');
  await file.write(text.slice(0, 40));
  await file.write(text.slice(40));
  await file.close();
};

const manifest = (name: string, namespace: string): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'app', image: imageNames.busybox, command: ['sh', '-c', 'echo hello; exec sleep 100000'] }],
    },
    status: {},
  });

/** Every field there is, with a value: what upstream's codec writes. Zeros stand where Go writes zeros. */
const everyKey = (): object => {
  const all = encodeConfiguration(decodeConfiguration({}).config);
  return {
    ...all,
    staticPodPath: bed.manifestDirectory,
    podLogsDir: bed.podLogsDirectory,
    cgroupRoot: bed.cgroupRoot,
    failSwapOn: false,
    failCgroupV1: false,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false, cacheTTL: '0s' }, x509: { clientCAFile: '' } },
    authorization: { mode: 'AlwaysAllow', webhook: { cacheAuthorizedTTL: '0s', cacheUnauthorizedTTL: '0s' } },
    enableServer: true,
    address: '127.0.0.1',
    port,
    readOnlyPort,
    healthzPort,
    fileCheckFrequency: '10s',
    volumeStatsAggPeriod: '10s',
    podCIDR: '10.100.0.0/24',
    kubeletCgroups: `${bed.cgroupRoot}/kubelet`,
    systemCgroups: '/system',
    staticPodURLHeader: { 'X-Custom-Header': ['123'] },
    syncFrequency: '0s',
    httpCheckFrequency: '0s',
    runtimeRequestTimeout: '0s',
    nodeStatusUpdateFrequency: '0s',
    containerRuntimeEndpoint: '',
    memorySwap: {},
    crashLoopBackOff: {},
  };
};

beforeAll(async () => {
  bed = await startTestbed();
  [port, readOnlyPort, healthzPort] = await freePorts(3);
  const file = join(bed.directory, 'kubelet-config.yaml');
  await writeFile(file, stringify(everyKey()));
  const dropIns = join(bed.directory, 'config.d');
  await mkdir(dropIns);
  await writeFile(
    join(dropIns, '90-logging.conf'),
    stringify({ apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', maxPods: 42 }),
  );
  kubelet = await startLinkedKubelet(
    bed.directory,
    `--root-dir ${bed.rootDirectory} --v 4 --feature-gates A=true --config-dir ${dropIns} --hostname-override ${NODE} --container-runtime-endpoint ${bed.endpoint} --config ${file} --api-socket=`.split(
      ' ',
    ),
  );
  const up = waitFor(async () => (await ask(`http://127.0.0.1:${healthzPort}/healthz`)).status === 200, { what: 'a healthy kubelet' });
  await Promise.race([
    up,
    kubelet.ended.then(() => {
      throw new Error(`the kubelet ended: ${JSON.stringify(kubelet.records(), undefined, 1)}`);
    }),
  ]);
});
afterAll(async () => {
  await kubelet?.[Symbol.asyncDispose]();
  await bed[Symbol.asyncDispose]();
  expect(await bed.leaks()).toEqual([]);
});

describe('started as kubelet with a full configuration file', () => {
  it('answers /configz on the TLS port, whatever token comes along', async () => {
    const { status, body } = await ask(`https://127.0.0.1:${port}/configz`, { headers: { authorization: 'Bearer nobody-knows-this' } });
    expect(status).toBe(200);
    const { kubeletconfig } = JSON.parse(body) as { kubeletconfig: Record<string, unknown> };
    expect(kubeletconfig).toMatchObject({
      kind: 'KubeletConfiguration',
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      maxPods: 42,
      featureGates: { A: true },
      fileCheckFrequency: '10s',
      syncFrequency: '1m0s',
      runtimeRequestTimeout: '2m0s',
      containerRuntimeEndpoint: bed.endpoint,
      staticPodURLHeader: { 'X-Custom-Header': ['123'] },
    });
    const open = ['maxParallelImagePulls', 'singleProcessOOMKill', 'memoryThrottlingFactor'];
    for (const path of Object.keys(fields)) {
      if (!open.includes(path)) expect(Object.keys(kubeletconfig), path).toContain(path.split('.')[0]);
    }
  });

  it.each(['GET', 'HEAD'])('%s /healthz is 200', async (method) => {
    expect(await ask(`http://127.0.0.1:${healthzPort}/healthz`, { method, headers: { authorization: 'Bearer x' } })).toMatchObject({
      status: 200,
      body: method === 'GET' ? 'ok' : '',
    });
  });

  it('has moved itself into the cgroup of kubeletCgroups, and is told of by it', async () => {
    const { body } = await ask(`${readOnly()}/stats/summary`);
    const { node } = JSON.parse(body) as {
      node: { systemContainers: readonly { name: string; swap?: object; memory: { workingSetBytes: number } }[] };
    };
    const own = node.systemContainers.find(({ name }) => name === 'kubelet');
    expect(own?.memory.workingSetBytes).toBeGreaterThan(1 << 20);
    // Only a cgroup tells of swap.
    expect(own?.swap).toBeDefined();
  });

  it('runs a manifest that is written in place, shows it on both ports and drops it when its file goes', async () => {
    const path = join(bed.manifestDirectory, 'ns1-static.yaml');
    await writeInPlace(path, manifest('static', 'ns1'));
    const pod = await waitFor(
      async () => {
        const headers = { authorization: 'Bearer random', accept: 'application/json' };
        const [found] = (await podsNow(headers)).filter(
          ({ metadata }) => metadata.name?.includes('static') && metadata.namespace === 'ns1',
        );
        return found?.status?.phase === 'Running' ? found : undefined;
      },
      { what: 'a running pod', timeoutMs: 60_000 },
    );
    expect(pod.metadata).toMatchObject({
      name: `static-${NODE}`,
      annotations: { 'kubernetes.io/config.source': 'file', 'kubernetes.io/config.seen': expect.any(String) },
    });

    const running = JSON.parse((await ask(`https://127.0.0.1:${port}/runningpods/`)).body) as { items: Pod[] };
    expect(running.items.map(({ metadata }) => metadata.name)).toContain(`static-${NODE}`);
    expect((await ask(`https://127.0.0.1:${port}/runningpods`)).status).toBe(200);

    const log = join(bed.podLogsDirectory, `ns1_static-${NODE}_${pod.metadata.uid}`, 'app', '0.log');
    await waitFor(async () => / stdout F hello\n$/.test(await readFile(log, 'utf8')), { what: 'the log' });
    expect((await readdir('/var/log/containers').catch(() => [])).filter((name) => name.startsWith(`static-${NODE}_`))).toEqual([]);

    await rm(path);
    await waitFor(async () => (await podsNow()).length === 0, { what: 'end of the pod', timeoutMs: 60_000 });
  });

  it('follows a manifest that is rewritten in place', async () => {
    const path = join(bed.manifestDirectory, 'ns1-edited.yaml');
    const containerName = async (): Promise<string | undefined> => {
      const [pod] = (await podsNow()).filter(({ metadata }) => metadata.name?.includes('edited'));
      return pod?.status?.containerStatuses?.find(({ ready }) => ready)?.name;
    };
    await writeInPlace(path, manifest('edited', 'ns1'));
    await waitFor(async () => (await containerName()) === 'app', { what: 'the first container', timeoutMs: 60_000 });
    await writeInPlace(path, manifest('edited', 'ns1').replace('name: app', 'name: upgraded').replace('exec sleep', 'sleep'));
    await waitFor(async () => (await containerName()) === 'upgraded', { what: 'the renamed container', timeoutMs: 90_000 });
    await rm(path);
    await waitFor(async () => (await podsNow()).length === 0, { what: 'end of the pod', timeoutMs: 60_000 });
  });

  it('names every field that has nothing to act on, once', () => {
    const records = kubelet.records().filter(({ message }) => String(message).includes('no effect without an API server'));
    expect(records.length).toBeLessThanOrEqual(1);
  });
});

describe("the deck's unit file", () => {
  it('starts with one warning for each flag that no longer means anything, with the legacy defaults', async () => {
    const manifests = join(bed.directory, 'deck-manifests');
    await mkdir(manifests);
    const [tls = 0, open = 0, health = 0] = await freePorts(3);
    // $KUBE_LOGTOSTDERR $KUBE_LOG_LEVEL $KUBELET_ADDRESS $KUBELET_HOSTNAME $KUBE_ALLOW_PRIV $KUBELET_ARGS, then what keeps it inside the testbed.
    const flags = [
      '--logtostderr=true',
      '--v=0',
      '--address=127.0.0.1',
      '--hostname-override=127.0.0.1',
      '--allow-privileged=true',
      '--cgroup-driver=cgroupfs',
      '--fail-swap-on=false',
      `--pod-manifest-path=${manifests}`,
      '--container-runtime=remote',
      `--container-runtime-endpoint=${bed.endpoint}`,
      '--runtime-request-timeout=10m',
      `--root-dir=${join(bed.directory, 'deck-root')}`,
      `--cgroup-root=${bed.cgroupRoot}`,
      `--port=${tls}`,
      `--read-only-port=${open}`,
      `--healthz-port=${health}`,
      '--api-socket=',
    ];
    const deck = await startLinkedKubelet(bed.directory, flags);
    const logs: string[] = [];
    try {
      await writeFile(join(manifests, 'deck.yaml'), manifest('deck', 'default'));
      const pod = await waitFor(
        async () => {
          const { items } = JSON.parse((await ask(`http://127.0.0.1:${open}/pods`)).body) as { items: Pod[] | null };
          return items?.find(({ status }) => status?.phase === 'Running');
        },
        { what: 'a running pod', timeoutMs: 60_000 },
      );
      const name = `deck-127.0.0.1`;
      const directory = `/var/log/pods/default_${name}_${pod.metadata.uid}`;
      const id = pod.status?.containerStatuses?.[0]?.containerID?.replace(/^.*:\/\//, '');
      const link = `/var/log/containers/${name}_default_app-${id}.log`;
      logs.push(directory, link);
      expect((await ask(`https://127.0.0.1:${tls}/configz`)).status).toBe(200);
      const dead = deck.records().filter(({ message }) => /^--\S+ has no effect/.test(String(message)));
      expect(dead.map(({ message }) => /^--(\S+)/.exec(String(message))?.[1]).sort()).toEqual([
        'allow-privileged',
        'container-runtime',
        'logtostderr',
      ]);
      expect((await stat(join(directory, 'app', '0.log'))).isFile()).toBe(true);
      expect(await waitFor(() => readlink(link), { what: 'the link to the log' })).toBe(join(directory, 'app', '0.log'));
      await rm(join(manifests, 'deck.yaml'));
      await waitFor(async () => (JSON.parse((await ask(`http://127.0.0.1:${open}/pods`)).body) as { items: null }).items === null, {
        what: 'end of the pod',
        timeoutMs: 60_000,
      });
    } finally {
      await deck[Symbol.asyncDispose]();
      for (const path of logs) await rm(path, { recursive: true, force: true });
    }
  });
});
