import type { RuntimeImages } from '@solo-kubelet/verified-source';

/** The images of a runtime, by code that is loaded when a source has images: most have none. */
export const lateRuntimeImages = (endpoint: string): RuntimeImages => {
  let loading: Promise<RuntimeImages> | undefined;
  const loaded = (): Promise<RuntimeImages> => {
    loading ??= import('./runtime-images.js').then(({ runtimeImages }) => runtimeImages(endpoint));
    return loading;
  };
  return {
    platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
    lacking: async (images, options) => (await loaded()).lacking(images, options),
    heldBlobs: async (options) => (await loaded()).heldBlobs(options),
    load: async (image, options) => (await loaded()).load(image, options),
    loadArchive: async (archive, options) => (await loaded()).loadArchive(archive, options),
  };
};
