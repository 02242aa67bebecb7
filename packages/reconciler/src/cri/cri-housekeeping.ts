import { statfs } from 'node:fs/promises';
import { ContainerState, type CriClient, CriError } from '@solo-kubelet/cri-client';
import type { ImagePort } from '../housekeeping/image-collector.js';
import type { LogPort } from '../housekeeping/rotate-container-logs.js';
import { OWNER_LABEL } from './owner-label.js';

/** The image side of a CRI runtime for `collectImages`. What any container on the machine was made from counts as used, not only ours. */
export const criImages = ({ cri }: { readonly cri: CriClient }): ImagePort => ({
  list: async ({ signal }) =>
    (await cri.lists.images(undefined, { signal })).map(({ id, size, pinned }) => ({ id, sizeBytes: Number(size), pinned })),
  listUsed: async ({ signal }) => {
    const containers = await cri.lists.containers(undefined, { signal });
    const references = new Set(containers.flatMap(({ imageId, imageRef, image }) => [imageId, imageRef, image?.image ?? '']));
    const listed = await cri.lists.images(undefined, { signal });
    const names = (image: (typeof listed)[number]): readonly string[] => [image.id, ...image.repoDigests, ...image.repoTags];
    return new Set(listed.filter((image) => names(image).some((name) => references.has(name))).map(({ id }) => id));
  },
  filesystem: async ({ signal }) => {
    const { imageFilesystems } = await cri.images.imageFsInfo({}, { signal });
    const mountpoint = imageFilesystems[0]?.fsId?.mountpoint;
    if (mountpoint === undefined) return { capacityBytes: 0, availableBytes: 0 };
    const { blocks, bavail, bsize } = await statfs(mountpoint);
    return { capacityBytes: blocks * bsize, availableBytes: bavail * bsize };
  },
  remove: async (imageId, { signal }) => {
    await cri.images.removeImage({ image: { image: imageId } }, { signal });
  },
});

/** The logs of this kubelet's containers for `rotateContainerLogs`. */
export const criLogs = ({ cri, owner = 'default' }: { readonly cri: CriClient; readonly owner?: string }): LogPort => {
  /** A running container's log never moves. */
  const paths = new Map<string, string>();
  return {
    listRunning: async ({ signal }) => {
      const state = { state: ContainerState.CONTAINER_RUNNING };
      const listed = await cri.lists.containers({ state, labelSelector: { [OWNER_LABEL]: owner } }, { signal });
      const ids = new Set(listed.map(({ id }) => id));
      for (const id of paths.keys()) if (!ids.has(id)) paths.delete(id);
      for (const id of ids) {
        if (paths.has(id)) continue;
        const reply = await cri.runtime.containerStatus({ containerId: id, verbose: false }, { signal }).catch((error: unknown) => {
          if (CriError.is(error) && error.code === 'CRI_NOT_FOUND') return undefined;
          throw error;
        });
        if (reply?.status?.logPath) paths.set(id, reply.status.logPath);
      }
      return [...paths].map(([containerId, logPath]) => ({ containerId, logPath }));
    },
    reopenLog: async (containerId, { signal }) => {
      await cri.runtime.reopenContainerLog({ containerId }, { signal });
    },
  };
};
