import type { Container, Image } from '@solo-kubelet/cri-client';
import { expect, it } from 'vitest';
import { unusedImages } from './unused-images.js';

const image = (id: string, tag: string, pinned = false): Image => ({ id, repoTags: [tag], repoDigests: [], pinned }) as unknown as Image;
const container = (facts: object): Container => facts as Container;

it('leaves pinned images, the sandbox image and those that any container has, as its root or as a volume', () => {
  const images = [
    image('1', 'by-id:1'),
    image('2', 'by-tag:1'),
    image('3', 'pinned:1', true),
    image('4', 'pause:1'),
    image('5', 'spare:1'),
    image('6', 'volume:1'),
  ];
  const containers = [container({ imageId: '1', image: { image: 'x' } }), container({ imageRef: 'y', image: { image: 'by-tag:1' } })];
  expect(unusedImages(images, containers, { sandboxImage: 'pause:1', mounted: new Set(['6']) }).map(({ id }) => id)).toEqual(['5']);
});
