import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { importImages } from '@solo-kubelet/standalone-node/containerd';
import { type LayerEntry, localArchitecture, writeImageArchive } from '@solo-kubelet/standalone-node/images';
import { imageNames } from '@solo-kubelet-tools/images';
import { kubeletBinary, lacksCrio, type Testbed } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skopeoTarget } from '../../../../packages/standalone-node/src/images/skopeo-target.js';
import { podManifest, SLEEP, script, sleeper } from '../kubelet/manifests.js';
import { hasPhase, isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { metricOf } from './ask-socket.js';

const run = promisify(execFile);
const lacking = lacksCrio();
const LARGE = 'localhost/solo-kubelet/large:1';
const LARGE_MIB = 40;
const SIGNAL = { signal: new AbortController().signal };

/** Puts an image into the store that no Pod uses, and that takes most of what is used of it. */
const importLarge = async ({ directory, cri, endpoint }: Testbed): Promise<void> => {
  const [file, archive] = [join(directory, 'large'), join(directory, 'large.tar')];
  await writeFile(file, randomBytes(LARGE_MIB << 20));
  const layer: readonly LayerEntry[] = [{ type: 'file', path: 'large', copyOf: file }];
  const architecture = localArchitecture(process.arch) ?? 'amd64';
  await writeImageArchive(archive, [{ reference: LARGE, architecture, config: {}, layers: [layer] }]);
  await importImages(await skopeoTarget(cri, endpoint, SIGNAL), [archive]);
};

describe.skipIf(lacking !== undefined)(
  `on a CRI-O whose images have a disk of their own${lacking === undefined ? '' : `: ${lacking}`}`,
  () => {
    let node: TestNode;
    beforeAll(async () => {
      node = await startNode(
        { prepare: importLarge, config: { evictionHard: { 'imagefs.available': '30Mi' }, evictionPressureTransitionPeriod: '3s' } },
        { runtime: 'cri-o', crio: { storageMiB: 100 } },
      );
    });
    afterAll(async () => {
      if (node === undefined) return;
      const { bed } = node;
      await node[Symbol.asyncDispose]();
      expect(await bed.leaks()).toEqual([]);
    });

    const images = async (): Promise<readonly string[]> =>
      (await node.bed.cri.images.listImages({})).images.flatMap(({ repoTags }) => repoTags).toSorted();
    const diskPressure = async (): Promise<string | undefined> => {
      const { status } = (await node.api.getNode(SIGNAL)) as {
        readonly status: { readonly conditions: readonly Record<string, string>[] };
      };
      return status.conditions.find(({ type }) => type === 'DiskPressure')?.['status'];
    };
    const writer = (name: string, mebibytes: number): object =>
      podManifest(name, { containers: [script('app', `dd if=/dev/urandom of=/file bs=1M count=${mebibytes}; ${SLEEP}`)] });

    it('tells which images nothing uses, and takes neither what a Pod has nor the image of sandboxes for one', async () => {
      await node.drop('idle.yaml', sleeper('idle'));
      await node.pod('idle', isRunning, 120_000);
      const { stdout } = await run(process.execPath, [
        kubeletBinary,
        'images',
        'prune',
        '--dry-run',
        '--runtime-endpoint',
        node.bed.endpoint,
      ]);
      expect(stdout).toContain(LARGE);
      expect(stdout).not.toMatch(/busybox:1|pause:1/);
    });

    it('makes room by removing images that nothing uses, and by no Pod’s end', async () => {
      expect(await images()).toContain(LARGE);
      await node.drop('writer.yaml', writer('writer', 25));
      await node.pod('writer', isRunning, 120_000);
      await expect.poll(images, { timeout: 60_000, interval: 500 }).not.toContain(LARGE);
      // What a container has, and the sandbox's image, which nobody pulls again.
      expect(await images()).toEqual([imageNames.busybox, 'localhost/solo-kubelet/pause:1']);
      expect(await metricOf(node, 'kubelet_image_garbage_collected_total{reason="space"}')).toBeGreaterThan(0);
      const { status } = await node.pod('writer', isRunning);
      expect(status).toMatchObject({ containerStatuses: [{ restartCount: 0 }] });
    });

    it('ends the Pod that writes most once no image is left to remove, and lets it come back with room', async () => {
      await expect.poll(diskPressure, { timeout: 60_000, interval: 500 }).toBe('False');
      await node.drop('filler.yaml', writer('filler', 45));
      const { status } = await node.pod('filler', hasPhase('Failed'), 120_000);
      expect(status).toMatchObject({ reason: 'Evicted' });
      expect(status?.message).toMatch(
        /^The node was low on resource: ephemeral-storage\. Threshold quantity: 30Mi, available: \d+Ki\. Container app was using \d+(?:Ki)?, request is 0, has larger consumption of ephemeral-storage\. $/,
      );
      expect(await metricOf(node, 'kubelet_evictions{eviction_signal="imagefs.available"}')).toBe(1);
      await node.remove('filler.yaml');
      await node.gone('filler');
      expect((await node.pod('writer', isRunning)).status).toMatchObject({ containerStatuses: [{ restartCount: 0 }] });
    });
  },
);
