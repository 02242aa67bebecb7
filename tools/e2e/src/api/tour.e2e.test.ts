import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageNames } from '@solo-kubelet-tools/images';
import { kubeletBinary, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pageBlocks, type RanBlock, runBlock } from '../cli/page-shell.js';
import { startNode, type TestNode } from '../kubelet/node.js';
import { freePorts } from './free-port.js';

const README = new URL('../../../../packages/kubelet-cli/README.md', import.meta.url);
const blocks = await pageBlocks(README);

/** What a reader should see come out of a block, by its first command; the other blocks only have to succeed. */
const OUTPUT: Readonly<Record<string, RegExp>> = {
  'kubelet-cli apply': /pod\/hello-node1 is running[\s\S]*hello-node1 +1\/1 +Running/,
  'kubelet-cli logs': /^serving\nName: [\s\S]*10\.\d+\.\d+\.\d+/,
  'kubelet-cli exec': /^hello-node1\nended with 3\ncopied\n$/,
  'kubelet-cli port-forward': /copied\n/,
  'sed -i': /there are differences[\s\S]*serving again\n/,
  'cat > stall.yaml': /deployment\.apps\/stall +2\/2[\s\S]*job\.batch\/sweep +Complete[\s\S]*swept\n$/,
  'kubelet-cli scale':
    /the Pods of deployment\/stall are replaced[\s\S]*there are differences[\s\S]*rolled out\nclosed\n[\s\S]*it went back[\s\S]*stall-\S+ +1\/1 +Running[\s\S]*\nclosed[\s\S]*REVISION/,
  'kubelet-cli images': /docker\.io\/library\/busybox:1\.36/,
  'kubelet-cli delete': /hello-node1/,
};

let node: TestNode;
let directory: string;
/** In place of the page's own, which another program may have. */
let port = 0;

beforeAll(async () => {
  [port = 0] = await freePorts(1);
  node = await startNode();
  await node.bed.containerd.ctr(['images', 'tag', imageNames.busybox, 'docker.io/library/busybox:1.36']);
  directory = join(node.bed.directory, 'tour');
  await mkdir(join(directory, 'bin'), { recursive: true });
  await writeFile(join(directory, 'bin/kubelet-cli'), `#!/bin/sh\nexec ${process.execPath} ${kubeletBinary} "$@"\n`, { mode: 0o755 });
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  expect(await node.bed.leaks()).toEqual([]);
});

const shell = (block: string): Promise<RanBlock> =>
  runBlock(block.replaceAll('18080', String(port)), {
    directory,
    programs: join(directory, 'bin'),
    socketPath: join(node.bed.directory, 'kubelet.sock'),
  });

it('has a tour', () => expect(blocks.length).toBeGreaterThan(5));

it.each(blocks)(
  '%s',
  async (block) => {
    const { status, stdout, all } = await shell(block);
    expect(status, all).toBe(0);
    const expected = Object.entries(OUTPUT).find(([start]) => block.startsWith(start))?.[1];
    if (expected) expect(stdout).toMatch(expected);
  },
  120_000,
);

it('images import and prune change what the node holds', async () => {
  const { ctr } = node.bed.containerd;
  await ctr(['images', 'tag', imageNames.busybox, 'example.org/spare:1']);
  await ctr(['images', 'export', join(directory, 'spare.tar'), 'example.org/spare:1']);
  await ctr(['images', 'rm', 'example.org/spare:1']);
  expect(await shell('kubelet-cli images import spare.tar')).toMatchObject({ status: 0, stdout: 'example.org/spare:1\n' });
  expect((await shell('kubelet-cli get images -o name')).stdout).toContain('image/');
  expect(JSON.parse((await shell('kubelet-cli images list -o json')).stdout)).toMatchObject({ items: expect.any(Array) });

  // What the blocks deleted is still being removed: until it is gone its image is in use, and the two answers would differ.
  await waitFor(async () => (await node.bed.cri.runtime.listContainers({})).containers.length === 0, {
    what: 'the containers of the tour to go',
    timeoutMs: 60_000,
  });
  const before = await names();
  expect(before).toContain('example.org/spare:1');
  const dry = await shell('kubelet-cli images prune --dry-run');
  expect(await names()).toEqual(before);
  expect((await shell('kubelet-cli images prune')).stdout).toBe(dry.stdout);
  const after = await names();
  expect(after.filter((name) => name.includes('pause'))).not.toEqual([]);
  expect(after.length).toBeLessThan(before.length);
  expect(await shell('kubelet-cli images import no-such.tar')).toMatchObject({ status: 1 });
});

const names = async (): Promise<readonly string[]> => {
  const { images } = await node.bed.cri.images.listImages({});
  return images.flatMap(({ repoTags }) => repoTags).sort();
};
