import type { ImageServiceDefinition } from '../gen/cri-v1.js';
import type { FakeRuntime } from './fake-runtime.js';
import type { ImageStore } from './image-store.js';
import type { ServiceImplementation } from './rpc-server.js';

export interface ImageRpcsOptions {
  readonly runtime: FakeRuntime;
  readonly images: ImageStore;
  readonly imageFsPath: string;
}

export const imageRpcs = ({ runtime, images, imageFsPath }: ImageRpcsOptions): ServiceImplementation<typeof ImageServiceDefinition> => ({
  listImages: ({ filter }) => ({ images: [...images.list(filter?.image?.image)] }),
  streamImages: async function* ({ filter }) {
    for (const image of images.list(filter?.image?.image)) yield { images: [image] };
  },
  imageStatus: ({ image, verbose }) => {
    const found = images.find(image?.image ?? '');
    if (found === undefined) return {};
    return { image: found, info: verbose ? { info: JSON.stringify({ imageSpec: images.spec(found.id) }) } : {} };
  },
  pullImage: async ({ image, auth }, { signal }) => ({ imageRef: await images.pull(image?.image ?? '', auth, signal) }),
  removeImage: ({ image }) => {
    images.remove(image?.image ?? '');
    return {};
  },
  imageFsInfo: () => ({
    imageFilesystems: [
      {
        timestamp: runtime.nowNs(),
        fsId: { mountpoint: imageFsPath },
        usedBytes: { value: images.usedBytes },
        inodesUsed: { value: 1_000n },
      },
    ],
    containerFilesystems: [],
  }),
});
