import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import type { Pod } from '@solo-kubelet/pod-spec';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ListPodResourcesResponse, PodResourcesListerClient } from '../../../../packages/device-plugins/src/gen/pod-resources.js';
import { podManifest, script } from '../kubelet/manifests.js';
import { hasPhase, isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { type CameraPlugin, startCameraPlugin } from './camera-plugin.js';

const CAMERA = 'example.com/camera';
const SIGNAL = { signal: new AbortController().signal };
const STAY = 'trap "exit 0" TERM; sleep 1000000 & wait $!';

const watcher = (name: string, cameras = 1, command = STAY): object =>
  podManifest(name, {
    containers: [
      script('app', command, { resources: { limits: { [CAMERA]: cameras } }, env: [{ name: 'OWN', value: 'from the manifest' }] }),
    ],
  });

describe('device plugins', () => {
  let node: TestNode;
  let plugin: CameraPlugin;
  beforeAll(async () => {
    node = await startNode();
  });
  afterAll(async () => {
    await plugin?.[Symbol.asyncDispose]();
    await node?.[Symbol.asyncDispose]();
  });

  const directory = () => join(node.bed.rootDirectory, 'device-plugins');
  const start = () => startCameraPlugin(directory(), join(node.bed.directory, 'cameras'));
  const refused = async (name: string) => (await node.pod(name, hasPhase('Failed'))).status;
  const camerasOf = async (name: string): Promise<string> => (await node.exec(name, 'echo $CAMERAS')).trim();
  const nodeObject = async () =>
    (await node.api.getNode(SIGNAL)) as {
      readonly status: { readonly capacity: Record<string, string>; readonly allocatable: Record<string, string> };
    };
  const health = (pod: Pod) => pod.status?.containerStatuses?.[0]?.allocatedResourcesStatus;
  const podResources = async (): Promise<ListPodResourcesResponse> => {
    const path = join(node.bed.rootDirectory, 'pod-resources', 'kubelet.sock');
    const client = new PodResourcesListerClient(`unix:${path}`, credentials.createInsecure(), { 'grpc.default_authority': 'localhost' });
    try {
      return await new Promise((resolve, reject) => client.list({}, (error, reply) => (error ? reject(error) : resolve(reply))));
    } finally {
      client.close();
    }
  };

  it('a pod that wants a device waits, with a reason, for the plugin to come', async () => {
    await node.drop('first.yaml', watcher('first'));
    expect(await refused('first')).toMatchObject({
      reason: 'UnexpectedAdmissionError',
      message: `Pod was rejected: Allocate failed due to cannot allocate unregistered device ${CAMERA}, which is unexpected`,
    });
    expect(await node.event('first', 'UnexpectedAdmissionError')).toMatchObject({ type: 'Warning' });
    plugin = await start();
    await node.pod('first', isRunning);
  });

  it('a container finds its device, mounts, variables and annotations, and its own variables win', async () => {
    expect(
      await node.exec('first', 'echo $CAMERAS; echo $OWN; cat /etc/camera.conf; echo x > /dev/cam1 && echo written; ls /dev/cam*'),
    ).toBe('cam1\nfrom the manifest\nsettings of cam1\nwritten\n/dev/cam1\n');
    expect(await node.exec('first', 'echo x > /etc/camera.conf || true')).toContain('Read-only file system');
    expect((await node.containerStatuses('first'))[0]?.annotations).toMatchObject({ 'example.com/camera': 'cam1' });
    expect(plugin.calls.filter(({ what }) => what !== 'registered')).toEqual([
      { what: 'allocate', devices: ['cam1'] },
      { what: 'preStart', devices: ['cam1'] },
    ]);
  });

  it('the node counts devices, pods have them for themselves, and a pod that finds none gets one as soon as there is one', async () => {
    expect((await nodeObject()).status).toMatchObject({ capacity: { [CAMERA]: '2' }, allocatable: { [CAMERA]: '2' } });
    await node.drop('second.yaml', watcher('second'));
    await node.pod('second', isRunning);
    expect(await camerasOf('second')).toBe('cam2');
    await node.drop('third.yaml', watcher('third'));
    expect(await refused('third')).toMatchObject({ reason: `OutOf${CAMERA}` });
    await node.remove('second.yaml');
    await node.pod('third', isRunning);
    expect(await camerasOf('third')).toBe('cam2');
  });

  it('the PodResources API tells who has what', async () => {
    const { podResources: pods } = await podResources();
    const devicesOf = (name: string) => pods.find((pod) => pod.name === `${name}-node1`)?.containers.flatMap(({ devices }) => devices);
    expect(devicesOf('first')).toEqual([{ resourceName: CAMERA, deviceIds: ['cam1'], topology: undefined }]);
    expect(devicesOf('third')).toEqual([{ resourceName: CAMERA, deviceIds: ['cam2'], topology: undefined }]);
  });

  it('a device that falls ill shows in the status of its container, which runs on', async () => {
    plugin.setDevices([{ id: 'cam1', health: 'Unhealthy' }, { id: 'cam2' }]);
    const ill = [{ name: CAMERA, resources: [{ resourceID: 'cam1', health: 'Unhealthy' }] }];
    await node.pod('first', (pod) => isRunning(pod) && JSON.stringify(health(pod)) === JSON.stringify(ill));
    expect((await nodeObject()).status).toMatchObject({ capacity: { [CAMERA]: '2' }, allocatable: { [CAMERA]: '1' } });
    plugin.setDevices([{ id: 'cam1' }, { id: 'cam2' }]);
    await node.pod('first', (pod) => JSON.stringify(health(pod))?.includes('"Healthy"') === true);
  });

  it('pods keep their devices while kubelet and plugin are away and come back, and containers that start again get the same', async () => {
    const before = await node.running();
    await node.restartKubelet('SIGKILL', async () => {
      await plugin[Symbol.asyncDispose]();
    });
    await waitFor(async () => ((await node.pods()).length === 2 ? true : undefined), { what: 'two pods' });
    await node.drop('late.yaml', watcher('late'));
    expect((await refused('late'))?.reason).toMatch(/^(OutOfexample.com\/camera|UnexpectedAdmissionError)$/);
    expect(await node.running()).toEqual(before);
    await node.bed.cri.runtime.stopContainer({ containerId: before.get('first/app')!, timeout: 0n });
    const again = await waitFor(
      async () => {
        const id = (await node.running()).get('first/app');
        return id !== undefined && id !== before.get('first/app') ? id : undefined;
      },
      { what: 'the container once more' },
    );
    expect(again).toBeDefined();
    expect(await camerasOf('first')).toBe('cam1');
    plugin = await start();
    await node.remove('first.yaml');
    await node.pod('late', isRunning);
    expect(await camerasOf('late')).toBe('cam1');
    expect(await camerasOf('third')).toBe('cam2');
  });

  it('a plugin that lives on registers again with the next kubelet', async () => {
    await node.restartKubelet();
    await waitFor(async () => plugin.calls.filter(({ what }) => what === 'registered').length >= 2 || undefined, {
      what: 'a second registration',
    });
    await waitFor(async () => (await nodeObject()).status.allocatable[CAMERA] === '2' || undefined, { what: 'both cameras' });
    await node.remove('third.yaml');
    await node.drop('last.yaml', watcher('last'));
    await node.pod('last', isRunning);
    expect(await camerasOf('last')).toBe('cam2');
  });
});
