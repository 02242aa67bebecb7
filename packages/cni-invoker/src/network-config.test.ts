import { describe, expect, it } from 'vitest';
import { parseNetworkConfigList, parsePluginConfig, toNetworkConfigList } from './network-config.js';

const path = '/etc/cni/net.d/10-lab.conflist';
const parse = (config: unknown) => parseNetworkConfigList(JSON.stringify(config), { path });
const plugins = [{ type: 'bridge' }];

describe('parseNetworkConfigList', () => {
  it('fills in what the spec says a missing key means', () => {
    expect(parse({ name: 'lab', plugins })).toMatchObject({
      name: 'lab',
      cniVersion: '0.1.0',
      disableCheck: false,
      disableGC: false,
      loadOnlyInlinedPlugins: false,
      plugins,
      path,
    });
  });

  it('keeps keys it does not know', () => {
    expect(parse({ name: 'lab', plugins: [{ type: 'bridge', keyA: ['x'], 'cni.dev/y': 1 }] }).plugins[0]).toEqual({
      type: 'bridge',
      keyA: ['x'],
      'cni.dev/y': 1,
    });
  });

  it.each([
    [undefined, ['0.4.0', '1.0.0', '1.1.0'], '1.1.0'],
    ['1.0.0', ['0.3.1', '0.4.0'], '1.0.0'],
    ['0.4.0', ['1.0.0', '1.2.0', '2.0.0'], '1.0.0'],
    ['1.2.0', ['1.3.0'], '1.2.0'],
    ['0.3.1', [], '0.3.1'],
  ])('with cniVersion %s and cniVersions %j speaks %s', (cniVersion, cniVersions, spoken) => {
    expect(parse({ name: 'lab', cniVersion, cniVersions, plugins }).cniVersion).toBe(spoken);
  });

  it.each([true, 'true', 'True'])('takes %j for true', (value) => {
    expect(parse({ name: 'lab', disableCheck: value, disableGC: value, loadOnlyInlinedPlugins: value, plugins })).toMatchObject({
      disableCheck: true,
      disableGC: true,
      loadOnlyInlinedPlugins: true,
    });
  });

  it('lets the plugins lie in files of their own', () => {
    expect(parse({ name: 'lab' }).plugins).toEqual([]);
  });

  it.each<[unknown, string]>([
    [[], 'must be a JSON object'],
    [{ plugins }, 'name is missing'],
    [{ name: 7, plugins }, 'name must be a string'],
    [{ name: '../x', plugins }, 'name "../x" must start with a letter or digit'],
    [{ name: 'lab', cniVersion: 1, plugins }, 'cniVersion must be a string'],
    [{ name: 'lab', cniVersion: 'one', plugins }, 'cniVersion "one" is not a version'],
    [{ name: 'lab', cniVersions: '1.0.0', plugins }, 'cniVersions must be a list'],
    [{ name: 'lab', cniVersions: ['1.0.0', 2], plugins }, 'cniVersions[1] must be a string'],
    [{ name: 'lab', disableCheck: 'perhaps', plugins }, 'disableCheck must be true or false'],
    [{ name: 'lab', disableGC: 1, plugins }, 'disableGC must be true or false'],
    [{ name: 'lab', loadOnlyInlinedPlugins: true }, 'loadOnlyInlinedPlugins is true'],
    [{ name: 'lab', plugins: {} }, 'plugins must be a list'],
    [{ name: 'lab', plugins: [] }, 'plugins must not be empty'],
    [{ name: 'lab', plugins: [{ type: 'bridge' }, 'x'] }, 'plugins[1] must be an object'],
    [{ name: 'lab', plugins: [{}] }, 'plugins[0].type is missing'],
    [{ name: 'lab', plugins: [{ type: 3 }] }, 'plugins[0].type must be a string'],
    [{ name: 'lab', plugins: [{ type: '../sh' }] }, 'plugins[0].type "../sh" must be a file name'],
    [{ name: 'lab', plugins: [{ type: 'a', capabilities: { mac: 'yes' } }] }, 'plugins[0].capabilities must map'],
  ])('refuses %j', (config, message) => {
    expect(() => parse(config)).toThrow(`${path}: ${message}`);
  });

  it('names the line and column of a slip in the JSON', () => {
    expect(() => parseNetworkConfigList('{\n "name": "lab",\n}', { path })).toThrow(`${path}:3:1: not valid JSON: unexpected "}"`);
  });
});

describe('a single plugin file', () => {
  it('becomes a list of one', () => {
    const plugin = parsePluginConfig('{"cniVersion":"0.3.1","name":"lab","type":"bridge","bridge":"br0"}', { path });
    expect(toNetworkConfigList(plugin, { path })).toMatchObject({ name: 'lab', cniVersion: '0.3.1', plugins: [plugin] });
  });

  it('needs a name to be a network', () => {
    expect(() => toNetworkConfigList(parsePluginConfig('{"type":"bridge"}'), { path })).toThrow(`${path}: name is missing`);
    expect(() => parsePluginConfig('{"name":"lab"}', { path })).toThrow(`${path}: type is missing`);
  });
});
