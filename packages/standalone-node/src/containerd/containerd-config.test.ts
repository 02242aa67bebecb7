import { describe, expect, it } from 'vitest';
import { mayLowerOomScore } from './capabilities.js';
import { containerdConfig } from './containerd-config.js';
import { containerdLayout } from './layout.js';
import { pickSubnet, podNetworkConfig, subnetCandidates } from './pod-network.js';

const layout = containerdLayout('/data/node', '/run/x');
const binaries = {
  containerd: '/usr/bin/containerd',
  ctr: '/usr/bin/ctr',
  runc: '/usr/sbin/runc',
  shimDirectory: '/usr/bin',
  cniPluginDirectory: '/opt/cni/bin',
};
const configOf = (version: string, restrictOomScoreAdj = false) =>
  containerdConfig({ layout, binaries, version, sandboxImage: 'localhost/pause:1', restrictOomScoreAdj, systemdCgroup: false });

describe('containerdConfig', () => {
  it.each(['1.6', '1.7'])('writes version 2 for containerd %s', (version) => {
    const text = configOf(version);
    expect(text).toMatch(/^version = 2\n/);
    expect(text).toContain('[plugins."io.containerd.grpc.v1.cri"]');
    expect(text).toContain('sandbox_image = "localhost/pause:1"');
    expect(text).toContain('bin_dir = "/opt/cni/bin"');
  });

  it.each(['2.0', '2.1', '10.0'])('writes version 3 for containerd %s', (version) => {
    const text = configOf(version);
    expect(text).toMatch(/^version = 3\n/);
    expect(text).toContain('[plugins."io.containerd.cri.v1.images".pinned_images]\nsandbox = "localhost/pause:1"');
    expect(text).toContain('bin_dirs = ["/opt/cni/bin"]');
  });

  it.each(['1.6', '2.1'])('keeps everything of %s in its own directories and listens on loopback only', (version) => {
    const text = configOf(version);
    const paths = [...text.matchAll(/"(\/[^"]*)"/g)].map(([, path]) => path!);
    const own = (path: string) => path.startsWith('/data/node') || path.startsWith('/run/x') || Object.values(binaries).includes(path);
    expect(paths.filter((path) => !own(path))).toEqual([]);
    expect(text).toContain('stream_server_address = "127.0.0.1"');
  });

  it('restricts oom_score_adj only when told to', () => {
    expect(configOf('1.6', true)).toContain('restrict_oom_score_adj = true');
    expect(configOf('1.6', false)).toContain('restrict_oom_score_adj = false');
  });
});

describe('containerdLayout', () => {
  it('derives equal names from equal directories, and other names from others', () => {
    expect(containerdLayout('/data/node', '/run/x')).toEqual(layout);
    expect(containerdLayout('/data/other', '/run/x').bridge).not.toBe(layout.bridge);
    expect(layout.bridge.length).toBeLessThanOrEqual(15);
  });

  it('refuses a socket path that the kernel would refuse', () => {
    expect(() => containerdLayout('/data', `/run/${'x'.repeat(90)}`)).toThrow('a socket of containerd may have 98');
  });
});

describe('podNetworkConfig', () => {
  it('is a bridge with hostPorts whose addresses are kept in the own directory', () => {
    const config = JSON.parse(podNetworkConfig({ layout, subnet: '10.1.2.0/24', masquerade: true }));
    expect(config.name).toBe(layout.networkName);
    expect(config.plugins.map((plugin: { type: string }) => plugin.type)).toEqual(['bridge', 'portmap']);
    expect(config.plugins[0]).toMatchObject({ bridge: layout.bridge, ipMasq: true, ipam: { dataDir: layout.cniStateDirectory } });
  });
});

describe('pickSubnet', () => {
  it.each([
    [[], '10.160.0.0/24'],
    [['default', '192.168.0.0/16'], '10.160.0.0/24'],
    [['10.160.0.0/24'], '10.161.1.0/24'],
    [['10.160.0.7'], '10.161.1.0/24'],
    [['10.160.0.0/15'], '10.162.2.0/24'],
    [['10.0.0.0/8'], undefined],
  ])('with routes %j it picks %s', (routes, expected) => {
    expect(pickSubnet(subnetCandidates(0), routes)).toBe(expected);
  });
});

describe('mayLowerOomScore', () => {
  it.each([
    ['CapEff:\t000001fffeffffff\n', false],
    ['CapEff:\t000001ffffffffff\n', true],
    ['CapEff:\t0000000001000000\n', true],
    ['Name: x\n', false],
  ])('reads %j as %s', (status, expected) => expect(mayLowerOomScore(status)).toBe(expected));
});
