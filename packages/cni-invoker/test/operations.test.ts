import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CniInvoker, createCniInvoker, parseNetworkConfigList } from '../src/index.js';
import { createFakePlugins, type FakePlugins, print, refuse } from './fake-plugins.js';
import { attachment, bridgeResult, dbnet, tunedResult } from './spec-example.js';

let fake: FakePlugins;
let cni: CniInvoker;
const list = parseNetworkConfigList(JSON.stringify(dbnet));
const listOf = (version: string, more: object = {}) =>
  parseNetworkConfigList(JSON.stringify({ ...dbnet, cniVersions: undefined, cniVersion: version, ...more }));

beforeEach(async () => {
  fake = await createFakePlugins();
  cni = createCniInvoker({ pluginDirs: [fake.pluginDir], confDirs: [fake.confDir], cacheDir: fake.cacheDir });
  await fake.plugin('bridge', { ADD: print(bridgeResult) });
  await fake.plugin('tuning', { ADD: print(tunedResult) });
  await fake.plugin('portmap', { ADD: print(tunedResult) });
});
afterEach(() => fake[Symbol.asyncDispose]());

const requests = async (command: string) => (await fake.calls()).filter((call) => call.command === command);
const kept = async () => readdir(join(fake.cacheDir, 'results')).catch(() => []);

describe("the spec's example", () => {
  it('adds plugin by plugin, each told the result so far and its own capability arguments', async () => {
    const result = await cni.add(list, attachment);

    const calls = await requests('ADD');
    expect(calls.map(({ type }) => type)).toEqual(['bridge', 'tuning', 'portmap']);
    expect(calls[0]?.env).toMatchObject({
      CNI_CONTAINERID: 'blue',
      CNI_NETNS: '/var/run/netns/blue',
      CNI_IFNAME: 'eth0',
      CNI_ARGS: 'argA=foo',
      CNI_PATH: fake.pluginDir,
    });
    expect(calls.map(({ request }) => request)).toEqual([
      { ...dbnet.plugins[0], cniVersion: '1.1.0', name: 'dbnet' },
      {
        cniVersion: '1.1.0',
        name: 'dbnet',
        type: 'tuning',
        sysctl: { 'net.core.somaxconn': '500' },
        runtimeConfig: { mac: '00:11:22:33:44:66' },
        prevResult: { cniVersion: '1.1.0', ...bridgeResult },
      },
      {
        cniVersion: '1.1.0',
        name: 'dbnet',
        type: 'portmap',
        runtimeConfig: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }] },
        prevResult: { cniVersion: '1.1.0', ...tunedResult },
      },
    ]);
    expect(result).toMatchObject({ cniVersion: '1.1.0', ips: [{ address: '10.1.0.5/16', gateway: '10.1.0.1', interface: 2 }] });
  });

  it('checks in the same order with the final result', async () => {
    await cni.add(list, attachment);
    await cni.check(list, attachment);
    const calls = await requests('CHECK');
    expect(calls.map(({ type }) => type)).toEqual(['bridge', 'tuning', 'portmap']);
    for (const { request } of calls) expect(request['prevResult']).toEqual({ cniVersion: '1.1.0', ...tunedResult });
  });

  it('deletes in reverse order with the final result, and forgets it', async () => {
    await cni.add(list, attachment);
    await cni.del(list, attachment);
    const calls = await requests('DEL');
    expect(calls.map(({ type }) => type)).toEqual(['portmap', 'tuning', 'bridge']);
    for (const { request } of calls) expect(request['prevResult']).toEqual({ cniVersion: '1.1.0', ...tunedResult });
    expect(await kept()).toEqual([]);
  });
});

describe('add', () => {
  it('keeps the result in the format of the reference library, for root alone', async () => {
    await cni.add(list, attachment);
    const path = join(fake.cacheDir, 'results', 'dbnet-blue-eth0');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(fake.cacheDir, 'results'))).mode & 0o777).toBe(0o700);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      kind: 'cniCacheV1',
      containerId: 'blue',
      config: Buffer.from(list.text).toString('base64'),
      ifName: 'eth0',
      networkName: 'dbnet',
      netns: '/var/run/netns/blue',
      cniArgs: [['argA', 'foo']],
      capabilityArgs: attachment.capabilityArgs,
      result: { cniVersion: '1.1.0', ...tunedResult },
    });
  });

  it('refuses a second ADD of the same attachment', async () => {
    await cni.add(list, attachment);
    await expect(cni.add(list, attachment, { undoOnFailure: true })).rejects.toMatchObject({ code: 'CNI_ALREADY_ATTACHED' });
    expect(await requests('DEL')).toEqual([]);
  });

  it('stops at the first failing plugin, keeps nothing and leaves the DEL to the caller', async () => {
    await fake.plugin('tuning', { ADD: refuse({ code: 102, msg: 'no such sysctl' }) });
    await expect(cni.add(list, attachment)).rejects.toMatchObject({ code: 'CNI_PLUGIN_FAILED', pluginCode: 102 });
    expect((await fake.calls()).map(({ type, command }) => `${command} ${type}`)).toEqual(['ADD bridge', 'ADD tuning']);
    expect(await kept()).toEqual([]);
  });

  it('undoes a partial ADD when asked to', async () => {
    await fake.plugin('tuning', { ADD: refuse({ code: 102, msg: 'no such sysctl' }) });
    await expect(cni.add(list, attachment, { undoOnFailure: true })).rejects.toMatchObject({ code: 'CNI_PLUGIN_FAILED' });
    expect((await requests('DEL')).map(({ type }) => type)).toEqual(['portmap', 'tuning', 'bridge']);
  });

  it('says so when undoing fails too', async () => {
    await fake.plugin('tuning', { ADD: refuse({ code: 102, msg: 'no such sysctl' }), DEL: 'exit 3' });
    await expect(cni.add(list, attachment, { undoOnFailure: true })).rejects.toMatchObject({ code: 'CNI_UNDO_FAILED' });
  });

  it('converts the answer of a plugin that speaks another version', async () => {
    await fake.plugin('bridge', { ADD: print({ cniVersion: '0.2.0', ip4: { ip: '10.1.0.5/16', gateway: '10.1.0.1' } }) });
    await cni.add(listOf('0.4.0'), attachment);
    expect((await requests('ADD'))[1]?.request['prevResult']).toEqual({
      cniVersion: '0.4.0',
      interfaces: [],
      ips: [{ version: '4', address: '10.1.0.5/16', gateway: '10.1.0.1' }],
      routes: [],
    });
  });

  it.each([
    ['a container id with a slash', { containerId: 'a/b' }],
    ['no container id', { containerId: '' }],
    ['an interface name that is too long', { ifName: 'sixteencharacter' }],
    ['no network namespace', { netns: '' }],
    ['an argument with a semicolon', { args: [['a', 'b;c']] as const }],
  ])('refuses %s before running anything', async (_, wrong) => {
    await expect(cni.add(list, { ...attachment, ...wrong })).rejects.toMatchObject({ code: 'CNI_INVALID_ARGUMENT' });
    expect(await fake.calls()).toEqual([]);
  });
});

describe('del', () => {
  it('runs without an ADD and without a network namespace, and may be repeated', async () => {
    await cni.del(list, { ...attachment, netns: '' });
    await cni.del(list, { ...attachment, netns: '' });
    const calls = await requests('DEL');
    expect(calls).toHaveLength(6);
    expect(calls[0]?.request).not.toHaveProperty('prevResult');
    expect(calls[0]?.env['CNI_NETNS']).toBe('');
  });

  it('keeps the result when a plugin fails, so that it can be repeated', async () => {
    await cni.add(list, attachment);
    await fake.plugin('tuning', { DEL: 'exit 1' });
    await expect(cni.del(list, attachment)).rejects.toMatchObject({ code: 'CNI_PLUGIN_DIED' });
    expect(await kept()).toEqual(['dbnet-blue-eth0']);
    await fake.plugin('tuning', {});
    await cni.del(list, attachment);
    expect(await kept()).toEqual([]);
  });

  it('is not stopped by a kept result that nobody can understand', async () => {
    await cni.add(list, attachment);
    await writeFile(join(fake.cacheDir, 'results', 'dbnet-blue-eth0'), '{"half');
    await cni.del(list, attachment);
    expect((await requests('DEL'))[0]?.request).not.toHaveProperty('prevResult');
    expect(await kept()).toEqual([]);
  });

  it('passes no result below 0.4.0', async () => {
    const old = listOf('0.3.1');
    const result = { cniVersion: '0.3.1', ips: [{ version: '4', address: '10.1.0.5/16' }] };
    for (const type of ['bridge', 'tuning', 'portmap']) await fake.plugin(type, { ADD: print(result) });
    await cni.add(old, attachment);
    await cni.del(old, attachment);
    expect((await requests('DEL'))[0]?.request).not.toHaveProperty('prevResult');
  });
});

describe('check', () => {
  it('is refused below 0.4.0', async () => {
    await expect(cni.check(listOf('0.3.1'), attachment)).rejects.toMatchObject({ code: 'CNI_CHECK_UNSUPPORTED' });
  });

  it('does nothing when the list disables it', async () => {
    await cni.check(listOf('1.0.0', { disableCheck: 'true' }), attachment);
    expect(await fake.calls()).toEqual([]);
  });

  it('needs an ADD first', async () => {
    await expect(cni.check(list, attachment)).rejects.toMatchObject({ code: 'CNI_NOT_ATTACHED' });
  });

  it('says which kept result can not be understood', async () => {
    await cni.add(list, attachment);
    await writeFile(join(fake.cacheDir, 'results', 'dbnet-blue-eth0'), '{"half');
    await expect(cni.check(list, attachment)).rejects.toMatchObject({
      code: 'CNI_CACHE_FAILED',
      message: expect.stringContaining('dbnet-blue-eth0'),
    });
  });

  it('reads a bare result, as older libraries kept it', async () => {
    await cni.add(list, attachment);
    await writeFile(
      join(fake.cacheDir, 'results', 'dbnet-blue-eth0'),
      JSON.stringify({ cniVersion: '1.0.0', ips: [{ address: '10.1.0.9/16' }] }),
    );
    await cni.check(list, attachment);
    expect((await requests('CHECK'))[0]?.request['prevResult']).toMatchObject({ cniVersion: '1.1.0', ips: [{ address: '10.1.0.9/16' }] });
  });
});

describe('gc', () => {
  const green = { ...attachment, containerId: 'green', netns: '/var/run/netns/green' };

  it('detaches what nobody claims, then tells every plugin what is valid', async () => {
    await cni.add(list, attachment);
    await cni.add(list, green);
    const report = await cni.gc(list, [{ containerId: 'blue', ifName: 'eth0' }]);

    expect(report.detached).toEqual([{ containerId: 'green', ifName: 'eth0' }]);
    const dels = await requests('DEL');
    expect(dels.map(({ env }) => env['CNI_CONTAINERID'])).toEqual(['green', 'green', 'green']);
    expect(dels[0]?.request['runtimeConfig']).toEqual({ portMappings: attachment.capabilityArgs.portMappings });
    const gcs = await requests('GC');
    expect(gcs.map(({ type }) => type)).toEqual(['bridge', 'tuning', 'portmap']);
    const valid = [{ containerID: 'blue', ifname: 'eth0' }];
    expect(gcs[0]?.request).toMatchObject({ 'cni.dev/valid-attachments': valid, 'cni.dev/attachments': valid });
    expect(gcs[0]?.env).toMatchObject({ CNI_CONTAINERID: '', CNI_NETNS: '', CNI_PATH: fake.pluginDir });
    expect(await kept()).toEqual(['dbnet-blue-eth0']);
  });

  it('only detaches below 1.1.0, and nothing at all with disableGC', async () => {
    const older = listOf('1.0.0');
    await cni.add(older, attachment);
    await cni.gc(listOf('1.1.0', { disableGC: true }), []);
    expect(await requests('DEL')).toEqual([]);
    await cni.gc(older, []);
    expect(await requests('DEL')).toHaveLength(3);
    expect(await requests('GC')).toEqual([]);
  });

  it('goes on after a failure and tells all of them', async () => {
    await cni.add(list, attachment);
    await cni.add(list, green);
    await fake.plugin('bridge', { DEL: refuse({ code: 5, msg: 'disk' }), GC: refuse({ code: 11, msg: 'later' }) });
    const failure = await cni.gc(list, []).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'CNI_GC_FAILED', message: expect.stringMatching(/disk.*disk.*later/) });
    expect(await requests('GC')).toHaveLength(3);
  });

  it('waits for a running ADD of the network and holds the next one back', async () => {
    const gate = join(fake.root, 'gate');
    await fake.plugin('bridge', { ADD: `while [ ! -e '${gate}' ]; do sleep 0.01; done\n${print(bridgeResult)}` });
    const first = cni.add(list, attachment);
    const gc = cni.gc(list, [attachment]);
    const second = cni.add(list, green);
    await writeFile(gate, '');
    await Promise.all([first, gc, second]);
    expect((await fake.calls()).map(({ command, env }) => `${command} ${env['CNI_CONTAINERID']}`)).toEqual([
      ...Array(3).fill('ADD blue'),
      ...Array(3).fill('GC '),
      ...Array(3).fill('ADD green'),
    ]);
  });
});

describe('status', () => {
  it('asks every plugin from 1.1.0 on and stops at the first that refuses', async () => {
    await cni.status(list);
    expect((await requests('STATUS')).map(({ type }) => type)).toEqual(['bridge', 'tuning', 'portmap']);
    await fake.plugin('tuning', { STATUS: refuse({ code: 50, msg: 'no daemon' }) });
    await expect(cni.status(list)).rejects.toMatchObject({ code: 'CNI_PLUGIN_NOT_AVAILABLE', retryable: true, msg: 'no daemon' });
  });

  it('takes an older list to be well', async () => {
    await cni.status(listOf('1.0.0'));
    expect(await fake.calls()).toEqual([]);
  });
});

describe('version', () => {
  const speaks = (...supportedVersions: string[]) => ({ VERSION: print({ cniVersion: '1.1.0', supportedVersions }) });

  it('asks each binary once until its file changes', async () => {
    await fake.plugin('bridge', speaks('1.0.0', '0.4.0'));
    expect(await cni.version('bridge')).toEqual(['0.4.0', '1.0.0']);
    expect(await cni.version('bridge')).toEqual(['0.4.0', '1.0.0']);
    expect(await requests('VERSION')).toHaveLength(1);
    await fake.plugin('bridge', speaks('1.0.0', '0.4.0', '1.1.0'));
    expect(await cni.version('bridge')).toEqual(['0.4.0', '1.0.0', '1.1.0']);
  });

  it('takes a plugin that does not know the command for 0.1.0', async () => {
    await fake.plugin('bridge', { VERSION: refuse({ code: 4, msg: 'unknown CNI_COMMAND: VERSION' }) });
    expect(await cni.version('bridge')).toEqual(['0.1.0']);
  });

  it('refuses a reply without versions', async () => {
    await fake.plugin('bridge', { VERSION: print({ cniVersion: '1.1.0' }) });
    await expect(cni.version('bridge')).rejects.toMatchObject({ code: 'CNI_BAD_REPLY' });
  });

  it('negotiates the highest version that the list offers and every plugin speaks', async () => {
    await fake.plugin('bridge', speaks('0.3.1', '0.4.0', '1.0.0', '1.1.0'));
    await fake.plugin('tuning', speaks('0.3.1', '0.4.0', '1.0.0'));
    await fake.plugin('portmap', speaks('0.3.1', '0.4.0', '1.0.0', '1.1.0'));
    const negotiated = await cni.negotiate(list);
    expect(negotiated.cniVersion).toBe('1.0.0');
    expect(parseNetworkConfigList(negotiated.text).cniVersion).toBe('1.0.0');
  });

  it('names the plugin that no version fits', async () => {
    await fake.plugin('bridge', speaks('0.3.1', '1.1.0'));
    await fake.plugin('tuning', speaks('0.1.0'));
    await fake.plugin('portmap', speaks('0.3.1', '1.1.0'));
    await expect(cni.negotiate(list)).rejects.toMatchObject({
      code: 'CNI_VERSION_UNSUPPORTED',
      message: expect.stringContaining('tuning (0.1.0)'),
    });
  });
});
