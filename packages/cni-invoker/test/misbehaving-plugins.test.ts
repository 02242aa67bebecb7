import { constants } from 'node:fs';
import { copyFile, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CniErrorCode, type CniInvoker, createCniInvoker, execPlugin, parseNetworkConfigList } from '../src/index.js';
import { findByEnvironment } from '../src/process-kill.js';
import { createFakePlugins, type FakePlugins, print, refuse } from './fake-plugins.js';

let fake: FakePlugins;
let cni: CniInvoker;
const list = parseNetworkConfigList('{"cniVersion":"1.1.0","name":"lab","plugins":[{"type":"fake"}]}');
const attachment = { containerId: 'c1', netns: '/var/run/netns/c1', ifName: 'net1' };
const result = { cniVersion: '1.1.0', ips: [{ address: '10.9.0.2/24' }] };

beforeEach(async () => {
  fake = await createFakePlugins();
  cni = createCniInvoker({ pluginDirs: [fake.pluginDir], cacheDir: fake.cacheDir });
});
afterEach(() => fake[Symbol.asyncDispose]());

/** Plugins of this test, and their children, that still run. */
const running = () => findByEnvironment({ CNI_PATH: fake.pluginDir });
const isThere = (path: string) =>
  vi.waitFor(async () => expect(await readFile(path, 'utf8')).toBe('here\n'), { timeout: 5_000, interval: 5 });

describe('a plugin that hangs', () => {
  it('is killed with its children at the time limit, those that left its session included', async () => {
    await fake.plugin('fake', { ADD: 'sleep 600 & setsid sleep 600 & wait' });
    await expect(cni.add(list, attachment, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'CNI_TIMEOUT', retryable: true });
    expect(await running()).toEqual([]);
  });

  it('is killed with its children when the caller gives up, and the reason comes back', async () => {
    const started = join(fake.root, 'started');
    await fake.plugin('fake', { ADD: `sleep 600 & echo here > '${started}'; wait` });
    const controller = new AbortController();
    const added = cni.add(list, attachment, { signal: controller.signal });
    await isThere(started);
    controller.abort();
    await expect(added).rejects.toMatchObject({ name: 'AbortError' });
    expect(await running()).toEqual([]);
  });

  it('is undone after an abort when asked to', async () => {
    const started = join(fake.root, 'started');
    await fake.plugin('fake', { ADD: `echo here > '${started}'; sleep 600` });
    const controller = new AbortController();
    const added = cni.add(list, attachment, { signal: controller.signal, undoOnFailure: true });
    await isThere(started);
    controller.abort();
    await expect(added).rejects.toMatchObject({ name: 'AbortError' });
    expect((await fake.calls()).map(({ command }) => command)).toEqual(['ADD', 'DEL']);
  });

  it('is not even started for a caller that has given up already', async () => {
    await fake.plugin('fake', { ADD: print(result) });
    await expect(cni.add(list, attachment, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(await fake.calls()).toEqual([]);
  });
});

describe('a plugin that floods', () => {
  it('its output is cut off and it is killed', async () => {
    await fake.plugin('fake', { ADD: 'yes' });
    await expect(cni.add(list, attachment)).rejects.toMatchObject({ code: 'CNI_OUTPUT_TOO_LARGE' });
    expect(await running()).toEqual([]);
  });

  it('only the end of its log is kept', async () => {
    await fake.plugin('fake', { ADD: 'yes | head -c 5000000 >&2; echo the end >&2; exit 1' });
    const failure = await cni.add(list, attachment).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'CNI_PLUGIN_DIED', message: expect.stringMatching(/the end$/) });
    expect((failure as Error).message.length).toBeLessThan(1_000);
  });
});

describe('a plugin that leaves a child', () => {
  it('which holds its output: the reply counts and the child is ended', async () => {
    await fake.plugin('fake', { ADD: `sleep 600 &\n${print(result)}` });
    await expect(cni.add(list, attachment)).resolves.toMatchObject({ ips: [{ address: '10.9.0.2/24' }] });
    expect(await running()).toEqual([]);
  });

  it('which let go of its output: a daemon that was meant to stay does', async () => {
    await fake.plugin('fake', { ADD: `sleep 600 >/dev/null 2>&1 </dev/null &\n${print(result)}` });
    await cni.add(list, attachment);
    const left = await running();
    expect(left).toHaveLength(1);
    process.kill(left[0] as number);
  });
});

it.each<[string, string, CniErrorCode, RegExp]>([
  ['dies by a signal', 'kill -9 $$', 'CNI_PLUGIN_DIED', /ended by SIGKILL/],
  ['fails without a word', 'exit 7', 'CNI_PLUGIN_DIED', /ended with code 7 and said nothing/],
  ['fails and only logs', 'echo no such bridge >&2; exit 1', 'CNI_PLUGIN_DIED', /no such bridge/],
  ['fails and prints what is no JSON', 'echo panic: oops; exit 2', 'CNI_BAD_REPLY', /panic: oops/],
  ['fails and prints JSON without a code', refuse({ msg: 'x' }), 'CNI_BAD_REPLY', /no CNI reply/],
  ['succeeds with what is no JSON', 'echo "{\\"ips\\": ["', 'CNI_BAD_REPLY', /no CNI reply/],
  ['succeeds with JSON that is no object', 'echo 7', 'CNI_BAD_REPLY', /must be a JSON object/],
  ['succeeds without a result', 'true', 'CNI_BAD_REPLY', /without printing a result/],
  ['answers with malformed addresses', print({ ips: [{ address: '10.9.0.2' }] }), 'CNI_BAD_REPLY', /ips\[0\]\.address/],
  ['answers in a version of the future', print({ ...result, cniVersion: '2.0.0' }), 'CNI_VERSION_UNSUPPORTED', /2\.0\.0/],
])('a plugin that %s is told apart', async (_, script, code, message) => {
  await fake.plugin('fake', { ADD: script });
  await expect(cni.add(list, attachment)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  await expect(cni.add(list, attachment)).rejects.toMatchObject({
    message: expect.stringMatching(/^CNI plugin fake \(ADD on network lab\)/),
  });
});

it.each<[number, CniErrorCode, boolean]>([
  [1, 'CNI_INCOMPATIBLE_VERSION', false],
  [2, 'CNI_UNSUPPORTED_FIELD', false],
  [3, 'CNI_UNKNOWN_CONTAINER', false],
  [4, 'CNI_INVALID_ENVIRONMENT', false],
  [5, 'CNI_IO_FAILURE', false],
  [6, 'CNI_DECODING_FAILURE', false],
  [7, 'CNI_INVALID_NETWORK_CONFIG', false],
  [8, 'CNI_INVALID_NETNS', false],
  [11, 'CNI_TRY_AGAIN_LATER', true],
  [50, 'CNI_PLUGIN_NOT_AVAILABLE', true],
  [51, 'CNI_LIMITED_CONNECTIVITY', true],
  [42, 'CNI_PLUGIN_FAILED', false],
  [100, 'CNI_PLUGIN_FAILED', false],
  [999, 'CNI_INTERNAL', false],
])('error object %i becomes %s', async (code, expected, retryable) => {
  await fake.plugin('fake', { ADD: refuse({ cniVersion: '1.1.0', code, msg: 'short', details: 'long' }) });
  await expect(cni.add(list, attachment)).rejects.toMatchObject({
    code: expected,
    retryable,
    pluginCode: code,
    msg: 'short',
    details: 'long',
    message: 'CNI plugin fake (ADD on network lab): short; long',
  });
});

describe('a plugin that can not be started', () => {
  it('because it is nowhere', async () => {
    await expect(cni.add(list, attachment)).rejects.toMatchObject({
      code: 'CNI_PLUGIN_NOT_FOUND',
      message: expect.stringContaining(fake.pluginDir),
    });
  });

  it('because it is not executable', async () => {
    await writeFile(join(fake.pluginDir, 'fake'), '');
    await expect(cni.add(list, attachment)).rejects.toMatchObject({ code: 'CNI_PLUGIN_NOT_STARTED' });
  });

  it('because it is being written: it is tried again, six times in all, and never taken for a success', async () => {
    const path = join(fake.pluginDir, 'fake');
    await copyFile('/bin/true', path, constants.COPYFILE_FICLONE);
    const writer = await open(path, 'r+');
    const call = { command: 'DEL', type: 'fake', request: {} } as const;
    const busy = execPlugin({ pluginDirs: [fake.pluginDir] }, call, { busyPauseMs: 1 });
    await expect(busy).rejects.toMatchObject({ code: 'CNI_PLUGIN_BUSY', retryable: true });
    const retried = execPlugin({ pluginDirs: [fake.pluginDir] }, call, { busyPauseMs: 200 });
    await writer.close();
    await expect(retried).resolves.toBeUndefined();
  });
});
