import { createCriClient } from '@solo-kubelet/cri-client';
import { createFakeCri, type FakeCriOptions } from '@solo-kubelet/cri-client/testing';
import { describe, expect, it } from 'vitest';
import { pinnedSandboxImage, sandboxImageName } from './sandbox-image-name.js';

/** Parts of what containerd 2.1.9 prints. */
const dump = (address: string): string => `version = 3
root = '/var/lib/containerd'

[grpc]
  address = '${address}'
  tcp_address = ''

[ttrpc]
  address = '/elsewhere'

[plugins]
  [plugins.'io.containerd.cri.v1.images']
    snapshotter = 'overlayfs'

    [plugins.'io.containerd.cri.v1.images'.pinned_images]
      sandbox = 'registry.k8s.io/pause:3.10'

    [plugins.'io.containerd.cri.v1.images'.registry]
      config_path = ''
      sandbox = 'not this one'
`;
const SOCKET = '/run/containerd/containerd.sock';

describe('pinnedSandboxImage', () => {
  it('finds it in the configuration of the containerd at that socket alone', () => {
    expect(pinnedSandboxImage(dump(SOCKET), SOCKET)).toBe('registry.k8s.io/pause:3.10');
    expect(pinnedSandboxImage(dump(SOCKET).replaceAll("'", '"'), SOCKET)).toBe('registry.k8s.io/pause:3.10');
    expect(pinnedSandboxImage(dump('/run/k3s/containerd/containerd.sock'), SOCKET)).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['containerd 1.x', `[grpc]\n  address = "${SOCKET}"\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "a"\n`],
    ['an empty name', dump(SOCKET).replace('registry.k8s.io/pause:3.10', '')],
  ])('finds none in %s', (_, text) => {
    expect(pinnedSandboxImage(text, SOCKET)).toBeUndefined();
  });
});

describe('sandboxImageName', () => {
  const nameOf = async (options: FakeCriOptions, dumped: (endpoint: string) => string | undefined) => {
    await using fake = await createFakeCri(options);
    await using cri = createCriClient({ endpoint: fake.endpoint });
    let dumps = 0;
    const dumpConfiguration = async (): Promise<string | undefined> => {
      dumps += 1;
      return dumped(fake.endpoint.replace('unix://', ''));
    };
    const name = await sandboxImageName(cri, { endpoint: fake.endpoint, signal: AbortSignal.timeout(20_000), dumpConfiguration });
    return { name, dumps };
  };

  it('believes a runtime that tells it', async () => {
    expect(await nameOf({ sandboxImage: 'pause:1' }, dump)).toEqual({ name: 'pause:1', dumps: 0 });
  });

  it('looks into containerd’s configuration, of containerd alone', async () => {
    expect(await nameOf({ runtimeName: 'containerd' }, dump)).toEqual({ name: 'registry.k8s.io/pause:3.10', dumps: 1 });
    expect(await nameOf({ runtimeName: 'containerd' }, () => undefined)).toEqual({ name: undefined, dumps: 1 });
    expect(await nameOf({ runtimeName: 'cri-o' }, dump)).toEqual({ name: undefined, dumps: 0 });
  });
});
