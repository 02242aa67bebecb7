import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lacksCrio, type Testbed } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, SLEEP, script, sleeper } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { grpcServer } from '../lifecycle/real-servers.js';
import { metricOf } from './ask-socket.js';

const lacking = lacksCrio();
const GADGET = 'example.com/gadget=one';

/** A device as a vendor describes it: /dev/null by another name, with a variable. */
const describeGadget = ({ directory }: Testbed): Promise<void> => {
  const containerEdits = { env: ['GADGET=one'], deviceNodes: [{ path: '/dev/gadget', hostPath: '/dev/null', permissions: 'rw' }] };
  const spec = { cdiVersion: '0.6.0', kind: 'example.com/gadget', devices: [{ name: 'one', containerEdits }] };
  return writeFile(join(directory, 'c/cdi/gadget.json'), JSON.stringify(spec));
};

describe.skipIf(lacking !== undefined)(`on a CRI-O that tells its events${lacking === undefined ? '' : `: ${lacking}`}`, () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startNode(
      { prepare: describeGadget, flags: ['--allowed-devices', GADGET] },
      { runtime: 'cri-o', crio: { podEvents: true } },
    );
  });
  afterAll(async () => {
    if (node === undefined) return;
    const { bed } = node;
    await node[Symbol.asyncDispose]();
    expect(await bed.leaks()).toEqual([]);
  });

  it('learns of a container’s end from GetContainerEvents, and lists everything seldom', async () => {
    await node.drop('steady.yaml', sleeper('steady'));
    await node.pod('steady', isRunning, 120_000);
    // What starts has settled.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const lists = () => metricOf(node, 'kubelet_runtime_operations_total{operation_type="list_podsandbox"}');
    const before = await lists();
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    // Without events it is one a second.
    expect((await lists()) - before).toBeLessThanOrEqual(3);

    const container = (await node.running()).get('steady/app') ?? '';
    await node.bed.cri.runtime.stopContainer({ containerId: container, timeout: 0n });
    await node.pod('steady', (pod) => isRunning(pod) && pod.status?.containerStatuses?.[0]?.restartCount === 1, 120_000);
    const [ended, again] = await node.containerStatuses('steady');
    const [listed] = (await node.bed.cri.runtime.listContainers({ filter: { id: again?.id ?? '' } })).containers;
    // CRI-O lists when it began to make it.
    expect(Number((listed?.createdAt ?? 0n) - (ended?.finishedAt ?? 0n)) / 1e6).toBeLessThan(5_000);
  });

  it('sees a sandbox that somebody else stops and removes, and makes another', async () => {
    const [sandbox] = (await node.bed.cri.runtime.listPodSandbox({})).items;
    const podSandboxId = sandbox?.id ?? '';
    await node.bed.cri.runtime.stopPodSandbox({ podSandboxId });
    await node.bed.cri.runtime.removePodSandbox({ podSandboxId });
    const isAnother = async (): Promise<boolean> => {
      const { items } = await node.bed.cri.runtime.listPodSandbox({ filter: { state: { state: 0 } } });
      return items.length === 1 && items[0]?.id !== podSandboxId;
    };
    await expect.poll(isAnother, { timeout: 60_000, interval: 500 }).toBe(true);
    await node.pod('steady', isRunning, 60_000);
    await node.remove('steady.yaml');
    await node.gone('steady');
  });

  it('gives a Pod the device of its annotation, as the vendor’s CDI file describes it', async () => {
    const annotations = { 'cdi.k8s.io/gadgets': GADGET };
    await node.drop('gadget.yaml', podManifest('gadget', { containers: [script('app', SLEEP)] }, { annotations }));
    await node.pod('gadget', isRunning, 120_000);
    expect(await node.exec('gadget', 'echo $GADGET; echo x > /dev/gadget && echo written; ls -l /dev/gadget | cut -c1')).toBe(
      'one\nwritten\nc\n',
    );
    await node.remove('gadget.yaml');
    await node.gone('gadget');
  });

  it('says what is wrong with a device that no CDI file describes', async () => {
    await node.restartKubelet('SIGTERM');
    const annotations = { 'cdi.k8s.io/gadgets': 'example.com/gadget=two' };
    await node.drop('unknown.yaml', podManifest('unknown', { containers: [script('app', SLEEP)] }, { annotations }));
    const { status } = await node.pod('unknown', (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.message !== undefined);
    expect(status?.containerStatuses?.[0]?.state?.waiting?.message).toContain('example.com/gadget=two');
    await node.remove('unknown.yaml');
    await node.gone('unknown');
  });

  it('asks containers by gRPC whether they serve', async () => {
    const { volumes, container } = await grpcServer(node, 'app');
    const probed = (name: string, service: string): object =>
      podManifest(name, {
        volumes,
        containers: [{ ...container, readinessProbe: { grpc: { port: 5000, service }, periodSeconds: 1, timeoutSeconds: 5 } }],
      });
    await node.drop('serves.yaml', probed('serves', 'main'));
    await node.drop('broken.yaml', probed('broken', 'broken'));
    await node.pod('serves', isRunning, 120_000);
    expect((await node.event('broken', 'Unhealthy', 60_000)).message).toContain('NOT_SERVING');
  });
});
