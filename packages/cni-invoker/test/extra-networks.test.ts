import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createExtraNetworks, type DefaultRouteRequest, type ExtraNetworks, formatNetworkStatus } from '../src/extra-networks/index.js';
import { createFakePlugins, type FakePlugins, print, refuse } from './fake-plugins.js';

let fake: FakePlugins;
let networks: ExtraNetworks;
let defaultRoutes: DefaultRouteRequest[];
let standIns: string[];
let netnsPath: string;
let runtimeConfDir: string;

const speaks = { VERSION: print({ cniVersion: '1.1.0', supportedVersions: ['0.4.0', '1.0.0', '1.1.0'] }) };
const resultFor = (address: string) => ({
  ADD: `cat <<END
{"cniVersion":"1.1.0","interfaces":[{"name":"veth9"},{"name":"$CNI_IFNAME","mac":"02:00:00:00:00:09","mtu":1500,"sandbox":"$CNI_NETNS"}],"ips":[{"address":"${address}","interface":1}],"dns":{"nameservers":["10.5.0.1"]}}
END`,
});

beforeEach(async () => {
  fake = await createFakePlugins();
  netnsPath = join(fake.root, 'netns');
  runtimeConfDir = join(fake.root, 'runtime.d');
  await writeFile(netnsPath, '');
  await mkdir(runtimeConfDir);
  defaultRoutes = [];
  standIns = [];
  networks = create();
  await fake.plugin('cam-plugin', { ...speaks, ...resultFor('10.5.0.7/24') });
  await fake.plugin('plc-plugin', { ...speaks, ...resultFor('10.6.0.7/24') });
  await network('cam', { type: 'cam-plugin', capabilities: { ips: true, mac: true } });
  await network('plc', { type: 'plc-plugin' });
});
afterEach(() => fake[Symbol.asyncDispose]());

const create = () =>
  createExtraNetworks({
    networkDir: fake.confDir,
    stateDir: fake.cacheDir,
    pluginDirs: [fake.pluginDir],
    runtimeConfDirs: [runtimeConfDir],
    setDefaultRoute: async (request) => void defaultRoutes.push(request),
    createStandIn: async ({ ifName, addresses }) => {
      standIns.push(`${ifName} ${addresses.join()}`);
      return { netnsPath: '/stand-in', [Symbol.asyncDispose]: async () => void standIns.push('gone') };
    },
  });
const network = (name: string, plugin: object) =>
  writeFile(join(fake.confDir, `${name}.conflist`), JSON.stringify({ cniVersion: '1.1.0', name, plugins: [plugin] }));
const sandbox = (asked: string, podSandboxId = 'sandbox1') => ({
  podSandboxId,
  netnsPath,
  podUid: 'uid1',
  podName: 'viewer',
  podNamespace: 'plant',
  annotations: { 'k8s.v1.cni.cncf.io/networks': asked },
});
const commands = async () =>
  (await fake.calls())
    .filter(({ command }) => command !== 'VERSION')
    .map(({ command, type, env }) => `${command} ${type} ${env['CNI_IFNAME']}`);
const recorded = async () => readdir(join(fake.cacheDir, 'extra-networks')).catch(() => []);

describe('attach', () => {
  it('adds each network in order and tells what the pod got', async () => {
    const statuses = await networks.attach(sandbox('cam,plc@plc0'));
    expect(statuses).toEqual([
      { name: 'plant/cam', interface: 'net1', ips: ['10.5.0.7'], mac: '02:00:00:00:00:09', mtu: 1500, dns: { nameservers: ['10.5.0.1'] } },
      { name: 'plant/plc', interface: 'plc0', ips: ['10.6.0.7'], mac: '02:00:00:00:00:09', mtu: 1500, dns: { nameservers: ['10.5.0.1'] } },
    ]);
    expect(await commands()).toEqual(['ADD cam-plugin net1', 'ADD plc-plugin plc0']);
    expect((await fake.calls()).find(({ command }) => command === 'ADD')?.env).toMatchObject({
      CNI_CONTAINERID: 'sandbox1',
      CNI_NETNS: netnsPath,
      CNI_ARGS: 'IgnoreUnknown=1;K8S_POD_NAMESPACE=plant;K8S_POD_NAME=viewer;K8S_POD_INFRA_CONTAINER_ID=sandbox1;K8S_POD_UID=uid1',
    });
    expect(
      JSON.parse(formatNetworkStatus([...statuses, { name: 'runtime', interface: 'eth0', ips: ['10.88.0.2'], default: true, dns: {} }])),
    ).toMatchObject([{ name: 'runtime' }, { name: 'plant/cam' }, { name: 'plant/plc' }]);
  });

  it('does nothing for a pod that asks for nothing', async () => {
    expect(await networks.attach({ ...sandbox(''), annotations: {} })).toEqual([]);
    expect(await fake.calls()).toEqual([]);
    expect(await recorded()).toEqual([]);
  });

  it('passes addresses, MAC and arguments on, and sets the default route that was asked for', async () => {
    await networks.attach(
      sandbox(
        JSON.stringify([
          { name: 'cam', ips: ['10.5.0.9/24'], mac: '02:00:00:00:00:01', 'cni-args': { lane: 3 }, 'default-route': ['10.5.0.1'] },
        ]),
      ),
    );
    const added = (await fake.calls()).find(({ command }) => command === 'ADD');
    expect(added?.request).toMatchObject({ runtimeConfig: { ips: ['10.5.0.9/24'], mac: '02:00:00:00:00:01' }, args: { cni: { lane: 3 } } });
    expect(defaultRoutes).toEqual([{ netnsPath, ifName: 'net1', gateways: ['10.5.0.1'] }]);
  });

  it('refuses what no plugin of the network can give, before touching anything', async () => {
    await expect(networks.attach(sandbox('[{"name":"cam"},{"name":"plc","ips":["10.6.0.9/24"]}]'))).rejects.toMatchObject({
      code: 'CNI_INVALID_ANNOTATION',
      message: "network plant/plc can't give ips: no plugin of it declares that capability",
    });
    expect(await commands()).toEqual([]);
  });

  it('only tells what is there when repeated', async () => {
    const statuses = await networks.attach(sandbox('cam'));
    expect(await create().attach(sandbox('cam'))).toEqual(statuses);
    expect(await create().statuses('sandbox1')).toEqual(statuses);
    expect(await commands()).toEqual(['ADD cam-plugin net1']);
  });

  it('detaches everything again when one network fails', async () => {
    await fake.plugin('plc-plugin', { ...speaks, ADD: refuse({ code: 11, msg: 'no lease' }) });
    await expect(networks.attach(sandbox('cam,plc'))).rejects.toMatchObject({ code: 'CNI_TRY_AGAIN_LATER', msg: 'no lease' });
    expect(await commands()).toEqual(['ADD cam-plugin net1', 'ADD plc-plugin net2', 'DEL plc-plugin net2', 'DEL cam-plugin net1']);
    expect(await recorded()).toEqual([]);
  });

  it('detaches everything again when the caller gives up', async () => {
    const started = join(fake.root, 'started');
    await fake.plugin('plc-plugin', { ...speaks, ADD: `echo here > '${started}'; sleep 600` });
    const controller = new AbortController();
    const attached = networks.attach(sandbox('cam,plc'), { signal: controller.signal });
    await vi.waitFor(async () => expect(await readFile(started, 'utf8')).toBe('here\n'), { interval: 5, timeout: 15_000 });
    controller.abort();
    await expect(attached).rejects.toMatchObject({ name: 'AbortError' });
    expect((await commands()).slice(2)).toEqual(['DEL plc-plugin net2', 'DEL cam-plugin net1']);
    expect(await recorded()).toEqual([]);
  });

  it('keeps on record what could not be undone, for a later collection', async () => {
    await fake.plugin('plc-plugin', { ...speaks, ADD: refuse({ code: 11, msg: 'no lease' }), DEL: 'exit 1' });
    await expect(networks.attach(sandbox('cam,plc'))).rejects.toMatchObject({ msg: 'no lease' });
    expect(await recorded()).toEqual(['sandbox1.json']);
    await fake.plugin('plc-plugin', speaks);
    expect(await networks.collectGarbage([])).toEqual({ detached: ['sandbox1'], failures: [] });
    expect(await recorded()).toEqual([]);
  });
});

describe('detach', () => {
  it('deletes in reverse order, and is quick about a sandbox it knows nothing of', async () => {
    await networks.attach(sandbox('cam,plc'));
    await networks.detach('sandbox1');
    await networks.detach('sandbox1');
    expect((await commands()).slice(2)).toEqual(['DEL plc-plugin net2', 'DEL cam-plugin net1']);
    expect(await recorded()).toEqual([]);
    expect(await readdir(join(fake.cacheDir, 'results'))).toEqual([]);
  });

  it('works from the record when the network file and the namespace are gone', async () => {
    await networks.attach(sandbox('cam'));
    await rm(join(fake.confDir, 'cam.conflist'));
    await rm(netnsPath);
    await create().detach('sandbox1');
    const deleted = (await fake.calls()).find(({ command }) => command === 'DEL');
    expect(deleted).toMatchObject({
      type: 'cam-plugin',
      env: { CNI_NETNS: '' },
      request: { prevResult: { ips: [{ address: '10.5.0.7/24' }] } },
    });
  });

  it('goes on past a network that fails and keeps that one for the next try', async () => {
    await networks.attach(sandbox('cam,plc'));
    await fake.plugin('plc-plugin', { ...speaks, DEL: 'exit 1' });
    await expect(networks.detach('sandbox1')).rejects.toMatchObject({
      code: 'CNI_DETACH_FAILED',
      retryable: true,
      message: expect.stringContaining('pod plant/viewer could not be detached from plant/plc'),
    });
    await fake.plugin('plc-plugin', speaks);
    await networks.detach('sandbox1');
    expect((await commands()).slice(2)).toEqual(['DEL plc-plugin net2', 'DEL cam-plugin net1', 'DEL plc-plugin net2']);
  });

  it('after a crash half-way ends the plugin that still runs, then deletes', async () => {
    const late = join(fake.root, 'late');
    const attached = networks.attach(sandbox('cam'));
    await attached;
    // What a kubelet leaves that is killed during an ADD: a record without statuses, and the plugin at work.
    const path = join(fake.cacheDir, 'extra-networks', 'sandbox1.json');
    const { statuses: _, ...unfinished } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    await writeFile(path, JSON.stringify(unfinished));
    const orphan = spawn('sh', ['-c', `sleep 600; touch '${late}'`], {
      env: { PATH: '/usr/bin:/bin', CNI_CONTAINERID: 'sandbox1', CNI_IFNAME: 'net1' },
    });
    const ended = new Promise((resolve) => orphan.once('exit', (_code, signal) => resolve(signal)));
    await new Promise((resolve) => orphan.once('spawn', resolve));

    await create().detach('sandbox1');
    expect(await ended).toBe('SIGKILL');
    expect((await commands()).at(-1)).toBe('DEL cam-plugin net1');
  });
});

describe('detach of a namespace that is gone', () => {
  it.each([
    [false, '', []],
    [true, '/stand-in', ['net1 10.5.0.7/24', 'gone']],
  ])('shows plugins that masquerade (%s) the addresses they had', async (ipMasq, netns, expected) => {
    await network('cam', { type: 'cam-plugin', ipMasq });
    await networks.attach(sandbox('cam'));
    await rm(netnsPath);
    await networks.detach('sandbox1');
    const del = (await fake.calls()).find(({ command }) => command === 'DEL');
    expect(del?.env['CNI_NETNS']).toBe(netns);
    expect(standIns).toEqual(expected);
    expect(await recorded()).toEqual([]);
  });
});

describe('collectGarbage', () => {
  it('asks for the valid sandboxes after it read the records, so that what is attached meanwhile stays', async () => {
    const report = await networks.collectGarbage(async () => {
      await networks.attach(sandbox('cam', 'late'));
      return [];
    });
    expect(report).toEqual({ detached: [], failures: [] });
    expect(await recorded()).toEqual(['late.json']);
  });

  it('detaches sandboxes that are gone and lets every network release what nobody claims', async () => {
    await networks.attach(sandbox('cam', 'gone'));
    await networks.attach(sandbox('cam', 'alive'));
    expect(await create().collectGarbage(['alive'])).toEqual({ detached: ['gone'], failures: [] });
    expect((await commands()).slice(2)).toEqual(['DEL cam-plugin net1', 'GC cam-plugin ', 'GC plc-plugin ']);
    const collected = (await fake.calls()).filter(({ command }) => command === 'GC');
    expect(collected.map(({ request }) => request['cni.dev/valid-attachments'])).toEqual([[{ containerID: 'alive', ifname: 'net1' }], []]);
  });

  it("leaves a network alone whose name is also the runtime's", async () => {
    await writeFile(join(runtimeConfDir, '10.conflist'), JSON.stringify({ name: 'cam', plugins: [{ type: 'cam-plugin' }] }));
    await networks.collectGarbage([]);
    expect(await commands()).toEqual(['GC plc-plugin ']);
  });

  it('releases nothing while a record can not be read: it may claim what looks unclaimed', async () => {
    await networks.attach(sandbox('cam', 'alive'));
    await writeFile(join(fake.cacheDir, 'extra-networks', 'alive.json'), '{"half');
    await expect(create().collectGarbage(['alive'])).rejects.toMatchObject({ code: 'CNI_CACHE_FAILED' });
    expect(await commands()).toEqual(['ADD cam-plugin net1']);
  });

  it('tells what could not be released instead of failing', async () => {
    await networks.attach(sandbox('cam', 'gone'));
    await fake.plugin('cam-plugin', { ...speaks, DEL: 'exit 1', GC: refuse({ code: 5, msg: 'disk' }) });
    const report = await networks.collectGarbage([]);
    expect(report.detached).toEqual([]);
    expect(report.failures).toMatchObject([{ podSandboxId: 'gone' }, { network: 'cam', message: expect.stringContaining('disk') }]);
  });
});

it('status tells of each network whether it could serve a pod', async () => {
  await writeFile(join(fake.confDir, 'bad.conflist'), '{');
  await fake.plugin('plc-plugin', { ...speaks, STATUS: refuse({ code: 50, msg: 'no daemon' }) });
  expect(await networks.status()).toMatchObject([
    { path: join(fake.confDir, 'bad.conflist'), error: { code: 'CNI_INVALID_CONFIG' } },
    { name: 'cam' },
    { name: 'plc', error: { code: 'CNI_PLUGIN_NOT_AVAILABLE' } },
  ]);
});
