import { describe, expect, it } from 'vitest';
import { notReadyMessage, parseCniConfig } from './runtime-network.js';

describe('parseCniConfig', () => {
  it('reads what containerd tells', () => {
    const text = JSON.stringify({
      PluginDirs: ['/usr/lib/cni'],
      PluginConfDir: '/run/net.d',
      Networks: [
        { IFName: 'lo', Config: { Name: 'cni-loopback' } },
        { IFName: 'eth0', Config: { Name: 'pods' } },
      ],
    });
    expect(parseCniConfig(text, false)).toEqual({ name: 'pods', confDir: '/run/net.d', pluginDirs: ['/usr/lib/cni'] });
  });
  it.each([undefined, '', 'null', '{}', '{"PluginDirs":null,"Networks":null}', 'no json'])('takes the usual places from %j', (text) =>
    expect(parseCniConfig(text, false)).toEqual({ name: undefined, confDir: '/etc/cni/net.d', pluginDirs: ['/opt/cni/bin'] }),
  );
  it('looks wherever distributions put plugins once a runtime that tells no directory has found them', () =>
    expect(parseCniConfig(undefined, true).pluginDirs).toEqual(['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni']));
});

it('tells the condition as the kubelet does, then the causes', () => {
  expect(notReadyMessage({ reason: 'NetworkPluginNotReady', message: 'cni plugin not initialized' }, ['no file', 'no plugin'])).toBe(
    'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized; no file; no plugin',
  );
});
