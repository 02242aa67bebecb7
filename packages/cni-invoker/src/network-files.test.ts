import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseNetworkConfigList } from './network-config.js';
import { loadDefaultNetwork, loadNetwork, missingPlugins, readNetworkFile, readNetworkFiles } from './network-files.js';

let root: string;
let dir: string;
const conflist = (name: string, type = 'bridge') => JSON.stringify({ cniVersion: '1.0.0', name, plugins: [{ type }] });
const conf = (name: string) => JSON.stringify({ cniVersion: '1.0.0', name, type: 'ptp' });
const write = (name: string, text: string) => writeFile(join(dir, name), text);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cni-files-'));
  dir = join(root, 'net.d');
  await mkdir(dir);
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('loadNetwork', () => {
  it('prefers a list over a single plugin, whatever their file names', async () => {
    await write('00.conf', conf('lab'));
    await write('99.conflist', conflist('lab'));
    expect((await loadNetwork('lab', [dir])).plugins[0]?.type).toBe('bridge');
  });

  it('finds single plugins in .conf and .json', async () => {
    await write('10.json', conf('lab'));
    await write('20.conf', conf('other'));
    expect((await loadNetwork('lab', [dir])).plugins[0]?.type).toBe('ptp');
    expect((await loadNetwork('other', [dir])).path).toBe(join(dir, '20.conf'));
  });

  it('ends at an invalid file that comes before', async () => {
    await write('10.conflist', '{');
    await write('20.conflist', conflist('lab'));
    await expect(loadNetwork('lab', [dir])).rejects.toMatchObject({
      code: 'CNI_INVALID_CONFIG',
      message: expect.stringContaining('10.conflist:1:2'),
    });
  });

  it('looks through the directories in order and does not mind a missing one', async () => {
    await write('10.conflist', conflist('lab'));
    expect((await loadNetwork('lab', [join(root, 'none'), dir])).name).toBe('lab');
    await expect(loadNetwork('lab', [join(root, 'none')])).rejects.toMatchObject({ code: 'CNI_NETWORK_NOT_FOUND' });
  });
});

describe('readNetworkFile', () => {
  it('adds the plugins of the directory named after the network, in the order of their file names', async () => {
    await write('10.conflist', conflist('lab'));
    await mkdir(join(dir, 'lab'));
    await write('lab/20.conf', '{"type":"portmap"}');
    await write('lab/10.conf', '{"type":"tuning"}');
    await write('lab/ignored.json', '{"type":"x"}');
    const list = await readNetworkFile(join(dir, '10.conflist'));
    expect(list.plugins.map(({ type }) => type)).toEqual(['bridge', 'tuning', 'portmap']);
    expect(parseNetworkConfigList(list.text).plugins).toEqual(list.plugins);
  });

  it('adds none when only the inlined ones are wanted', async () => {
    await write('10.conflist', JSON.stringify({ name: 'lab', loadOnlyInlinedPlugins: true, plugins: [{ type: 'bridge' }] }));
    await mkdir(join(dir, 'lab'));
    await write('lab/10.conf', '{"type":"tuning"}');
    expect((await readNetworkFile(join(dir, '10.conflist'))).plugins).toHaveLength(1);
  });

  it('refuses a network that has no plugin anywhere', async () => {
    await write('10.conflist', '{"name":"lab"}');
    await expect(readNetworkFile(join(dir, '10.conflist'))).rejects.toMatchObject({ code: 'CNI_INVALID_CONFIG' });
  });
});

describe('loadDefaultNetwork', () => {
  it('as containerd: the first file by name, of any extension', async () => {
    await write('10.conf', conf('first'));
    await write('20.conflist', conflist('second'));
    await write('05.txt', 'not ours');
    expect((await loadDefaultNetwork({ confDir: dir, rule: 'containerd' })).name).toBe('first');
  });

  it('as containerd: an invalid first file is the answer', async () => {
    await write('10.conf', '{}');
    await write('20.conflist', conflist('second'));
    await expect(loadDefaultNetwork({ confDir: dir, rule: 'containerd' })).rejects.toMatchObject({ code: 'CNI_INVALID_CONFIG' });
  });

  it('as CRI-O: passes over invalid files and missing plugins', async () => {
    const bin = join(root, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'ptp'), '');
    await chmod(join(bin, 'ptp'), 0o755);
    await write('10.conf', '{}');
    await write('20.conflist', conflist('second'));
    await write('30.conf', conf('third'));
    expect((await loadDefaultNetwork({ confDir: dir, rule: 'cri-o', pluginDirs: [bin] })).name).toBe('third');
    await expect(loadDefaultNetwork({ confDir: dir, rule: 'cri-o' })).rejects.toMatchObject({ code: 'CNI_NETWORK_NOT_FOUND' });
  });
});

it('readNetworkFiles tells each file with its fault', async () => {
  await write('10.conf', '{}');
  await write('20.conflist', conflist('second'));
  expect(await readNetworkFiles(dir)).toMatchObject([
    { path: join(dir, '10.conf'), ok: false, error: { code: 'CNI_INVALID_CONFIG' } },
    { path: join(dir, '20.conflist'), ok: true, list: { name: 'second' } },
  ]);
});

it('missingPlugins looks for the address management too', async () => {
  const list = parseNetworkConfigList(
    '{"name":"lab","plugins":[{"type":"bridge","ipam":{"type":"host-local"}},{"type":"portmap","ipam":{}}]}',
  );
  await writeFile(join(dir, 'bridge'), '');
  expect(await missingPlugins(list, [dir])).toEqual(['host-local', 'portmap']);
});
