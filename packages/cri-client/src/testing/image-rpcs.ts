import type { ImageServiceDefinition } from '../gen/cri-v1.js';
import type { FakeRuntime } from './fake-runtime.js';
import type { ImageStore } from './image-store.js';
import type { Personality } from './personality.js';
import { RpcError } from './rpc-error.js';
import type { ServiceImplementation } from './rpc-server.js';

export interface ImageRpcsOptions {
  readonly runtime: FakeRuntime;
  readonly images: ImageStore;
  readonly imageFsPath: string;
  readonly personality: Personality;
}

const removeAsCrio = ({ runtime, images }: ImageRpcsOptions, reference: string): void => {
  const found = images.find(reference);
  if (found === undefined) return;
  if (reference !== found.id && found.repoTags.length > 1) {
    images.untag(reference);
    return;
  }
  const user = [...runtime.containers.values()].find(({ imageId }) => imageId === found.id);
  if (user !== undefined) throw new RpcError('UNKNOWN', `delete image: image used by ${user.id}: image is in use by a container`);
  images.remove(reference);
};

export const imageRpcs = (options: ImageRpcsOptions): ServiceImplementation<typeof ImageServiceDefinition> => {
  const { runtime, images, imageFsPath, personality } = options;
  return {
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
      if (personality === 'cri-o') removeAsCrio(options, image?.image ?? '');
      else images.remove(image?.image ?? '');
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
  };
};
