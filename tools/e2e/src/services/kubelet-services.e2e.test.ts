import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import type { Service } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNetns, type Netns } from '../../cni/lab.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { connectTcp } from './service-lab.js';

const run = promisify(execFile);
const lacksNft = await run('nft', ['list', 'tables']).then(
  () => undefined,
  (error: Error) => error.message,
);
if (lacksNft !== undefined) console.log(`kubelet-services.e2e.test.ts is skipped: ${lacksNft}`);

/** Of this test alone: not the range that a node would have. */
const RANGE = '10.218.0.0/20';
const ADDRESS = '10.218.3.7';
/** Of a network that ends in a namespace of this test. */
const LINK = 'solo-lb-test';
const POOL = '10.218.16.8-10.218.16.9';
const FLAGS = ['--service-cluster-ip-range', RANGE];
const POOL_FLAGS = ['--service-load-balancer-pool', POOL, '--service-load-balancer-interface', LINK];
const ABORTABLE = { signal: new AbortController().signal };

describe.skipIf(lacksNft !== undefined)('a kubelet with Services', () => {
  let node: TestNode;
  const flags = [...FLAGS];
  let lan: Netns;
  beforeAll(async () => {
    lan = await createNetns('lan');
    await run('ip', ['link', 'add', LINK, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', lan.name]);
    await run('ip', ['addr', 'add', '10.218.16.1/24', 'dev', LINK]);
    await run('ip', ['link', 'set', LINK, 'up']);
    await lan.run('ip', 'addr', 'add', '10.218.16.2/24', 'dev', 'eth0');
    await lan.run('ip', 'link', 'set', 'eth0', 'up');
    node = await startNode({ flags });
  });
  afterAll(async () => {
    const { bed } = node;
    await node[Symbol.asyncDispose]();
    await lan[Symbol.asyncDispose]();
    await run('ip', ['link', 'del', LINK]).catch(() => undefined);
    expect(await bed.leaks()).toEqual([]);
  });

  const web = (name: string): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'web' } },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'app',
          image: imageNames.http,
          imagePullPolicy: 'IfNotPresent',
          env: [
            { name: 'PORT', value: '8080' },
            { name: 'VERSION', value: name },
          ],
          ports: [{ name: 'http', containerPort: 8080 }],
          readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
        },
      ],
    },
  });
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'shop' },
    spec: { clusterIP: ADDRESS, selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  };
  const objects = async (kind: string): Promise<readonly Record<string, never>[]> =>
    (await node.api.listObjects(ABORTABLE)).filter((one) => one.kind === kind) as never;
  const answers = async (): Promise<boolean> => {
    // A connection of its own each time: open ones outlive every rule.
    const request = get({ host: ADDRESS, port: 80, agent: false, timeout: 15_000 });
    request.on('error', () => {});
    try {
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      return response.statusCode === 200;
    } catch {
      return false;
    } finally {
      request.destroy();
    }
  };
  /** A table of another test may go meanwhile. */
  const textOf = (table: string): Promise<string> =>
    run('nft', ['list', 'table', 'ip', table]).then(
      ({ stdout }) => stdout,
      () => '',
    );
  const tables = async (): Promise<string> => (await run('nft', ['list', 'tables'])).stdout;
  const chains = async (): Promise<string> =>
    (await run('nft', ['-a', 'list', 'chains'])).stdout
      .split('\n')
      .filter((line) => /chain s-default\/shop|chain nat-pre/.test(line))
      .join('\n');

  it('a Service of the directory has an address, endpoints and variables, and answers', async () => {
    await node.drop('a-web.yaml', web('web-a'));
    await node.drop('z-service.yaml', service);
    await node.pod('web-a', isRunning);
    await node.drop('b-web.yaml', web('web-b'));
    await node.pod('web-b', isRunning);
    await waitFor(answers, { what: 'an answer at the address', timeoutMs: 60_000 });
    const [shown] = (await objects('Service')) as unknown as readonly { readonly spec: { readonly clusterIPs: readonly string[] } }[];
    expect(shown?.spec.clusterIPs).toEqual([ADDRESS]);
    const slice = await waitFor(
      async () => {
        const [one] = (await objects('EndpointSlice')) as unknown as readonly {
          readonly endpoints: readonly { readonly conditions: { readonly ready: boolean } }[];
        }[];
        return one?.endpoints.length === 2 && one.endpoints.every(({ conditions }) => conditions.ready) ? one : undefined;
      },
      { what: 'both endpoints', timeoutMs: 60_000 },
    );
    expect(slice.endpoints).toHaveLength(2);
    expect(await node.exec('web-b', 'echo $SHOP_SERVICE_HOST $SHOP_SERVICE_PORT_HTTP $SHOP_PORT')).toBe(
      `${ADDRESS} 80 tcp://${ADDRESS}:80\n`,
    );
  });

  it('a kubelet that is killed and comes back changes no rule and loses no connection', async () => {
    const before = await chains();
    expect(before).toContain('nat-pre');
    let done = false;
    const failed: number[] = [];
    const clients = (async () => {
      for (let i = 0; !done; i++) if (!(await answers())) failed.push(i);
    })();
    await node.restartKubelet('SIGKILL');
    await node.pod('web-a', isRunning);
    await node.pod('web-b', isRunning);
    await waitFor(async () => ((await objects('EndpointSlice')).length > 0 ? true : undefined), {
      what: 'the kubelet to know',
      timeoutMs: 60_000,
    });
    done = true;
    await clients;
    expect(failed).toEqual([]);
    expect(await chains()).toBe(before);
  });

  it('a Service that cannot have what it wants is told, and the others go on', async () => {
    await node.drop('y-taken.yaml', { ...service, metadata: { name: 'taken' } });
    const event = await waitFor(
      async () => (await node.api.listEvents(ABORTABLE)).find(({ reason }) => reason === 'ClusterIPAlreadyAllocated'),
      { what: 'the event', timeoutMs: 60_000 },
    );
    expect(event.message).toContain(`failed to allocate IP ${ADDRESS}: provided IP is already allocated`);
    expect(event.involvedObject).toMatchObject({ kind: 'Service', name: 'taken' });
    expect(await answers()).toBe(true);
    await node.remove('y-taken.yaml');
  });

  it('a load balancer hears at healthCheckNodePort whether there are endpoints here', async () => {
    const spec = {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      selector: { app: 'web' },
      ports: [{ port: 8099, targetPort: 8080 }],
    };
    await node.drop('balanced.yaml', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'balanced' }, spec });
    const { port, address } = await waitFor(
      async () => {
        const objects = await node.api.listObjects(ABORTABLE);
        const found = objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'balanced') as Service | undefined;
        const ip = found?.status?.loadBalancer?.ingress?.[0]?.ip;
        return found?.spec.healthCheckNodePort === undefined || ip === undefined
          ? undefined
          : { port: found.spec.healthCheckNodePort, address: ip };
      },
      { what: 'the port', timeoutMs: 60_000 },
    );
    const answer = async () => {
      const reply = await fetch(`http://${address.includes(':') ? `[${address}]` : address}:${port}/`);
      return [reply.status, await reply.json()] as const;
    };
    const ready = { service: { namespace: 'default', name: 'balanced' }, localEndpoints: 2, serviceProxyHealthy: true };
    const isAnswered = (status: number) => async () => (await answer().catch(() => [0]))[0] === status || undefined;
    await waitFor(isAnswered(200), { what: 'an answer', timeoutMs: 60_000 });
    expect(await answer()).toEqual([200, ready]);
    await node.drop('balanced.yaml', {
      ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'balanced' } },
      spec: { ...spec, selector: { app: 'nobody' } },
    });
    await waitFor(isAnswered(503), { what: 'no endpoint', timeoutMs: 60_000 });
    await node.remove('balanced.yaml');
    await waitFor(isAnswered(0), { what: 'the port to be free', timeoutMs: 60_000 });
  });

  it('a load balancer has an address of the pool, which a neighbour reaches', async () => {
    flags.push(...POOL_FLAGS);
    await node.restartKubelet();
    const spec = { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] };
    await node.drop('balanced.yaml', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'pooled' }, spec });
    const ip = await waitFor(
      async () => {
        const found = (await objects('Service')).find((one) => (one as unknown as Service).metadata.name === 'pooled') as
          | Service
          | undefined;
        return found?.status?.loadBalancer?.ingress?.[0]?.ip;
      },
      { what: 'the address', timeoutMs: 60_000 },
    );
    expect(['10.218.16.8', '10.218.16.9']).toContain(ip);
    await waitFor(async () => (await connectTcp(lan, { host: ip, port: 80 })).every((answer) => answer === 'connected') || undefined, {
      what: 'an answer to the neighbour',
      timeoutMs: 60_000,
    });
    await node.restartKubelet('SIGKILL');
    expect(await connectTcp(lan, { host: ip, port: 80, count: 20 })).toEqual(Array(20).fill('connected'));
    expect((await run('ip', ['-o', 'addr', 'show', 'dev', LINK])).stdout).toContain(`${ip}/32`);
  });

  it('with Services off the rules go, and the document says how to turn them on', async () => {
    // Other tests of the machine have tables too.
    const all = (await tables()).match(/solo-svc-[0-9a-f]{8}/g) ?? [];
    const listed = await Promise.all(all.map(async (name) => ({ name, text: await textOf(name) })));
    const table = listed.find(({ text }) => text.includes(RANGE))?.name;
    expect(table).toBeDefined();
    flags.length = 0;
    await node.restartKubelet();
    await waitFor(async () => ((await tables()).includes(table!) ? undefined : true), { what: 'the rules to go', timeoutMs: 60_000 });
    await node.pod('web-a', (pod: Pod) => isRunning(pod));
    const refused = await waitFor(
      async () => (node.kubelet().log().includes('--service-cluster-ip-range') ? node.kubelet().log() : undefined),
      { what: 'the refusal', timeoutMs: 60_000 },
    );
    expect(refused).toContain('v1 Service: Services are off on this node');
    expect((await run('ip', ['route', 'show', 'root', RANGE])).stdout).toBe('');
    expect((await run('ip', ['-o', 'addr', 'show', 'dev', LINK])).stdout).not.toContain('/32');
    expect((await run('conntrack', ['-L', '-d', '10.218.0.0/19'])).stdout).toBe('');
  });
});
