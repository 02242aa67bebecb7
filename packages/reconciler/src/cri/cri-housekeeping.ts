import { statfs } from 'node:fs/promises';
import { ContainerState, type CriClient, CriError } from '@solo-kubelet/cri-client';
import type { Pod } from '@solo-kubelet/pod-spec';
import { parseImageReference } from '@solo-kubelet/pod-spec';
import type { ImagePort } from '../image-port.js';
import type { LogPort } from '../log-port.js';
import type { Abortable } from '../runtime-port.js';
import { createMountedImages } from './mounted-images.js';
import { OWNER_LABEL } from './owner-label.js';

export interface CriImagesOptions {
  readonly cri: CriClient;
  /** Pods whose image volumes are wanted, also while none of their containers is there. Default none. */
  readonly wantedPods?: (options: Abortable) => Promise<readonly Pod[]>;
  /** Images that are kept although nothing runs them, by the names that Pods give. Default: none. */
  readonly wantedImages?: () => readonly string[];
}

/**
 * The image side of a CRI runtime for `collectImages`. What any container on the machine was made from or has mounted counts as used, not only
 * ours, and what the volumes of wanted pods name.
 */
export const criImages = ({ cri, wantedPods = async () => [], wantedImages = () => [] }: CriImagesOptions): ImagePort => ({
  ...usedImages(cri, wantedPods, wantedImages),
  list: async ({ signal }) =>
    (await cri.lists.images(undefined, { signal })).map(({ id, size, pinned }) => ({ id, sizeBytes: Number(size), pinned })),
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

const usedImages = (
  cri: CriClient,
  wantedPods: NonNullable<CriImagesOptions['wantedPods']>,
  wantedImages: NonNullable<CriImagesOptions['wantedImages']>,
): Pick<ImagePort, 'listUsed'> => {
  const mountedImages = createMountedImages(cri);
  return {
    listUsed: async ({ signal }) => {
      const containers = await cri.lists.containers(undefined, { signal });
      const references = new Set(containers.flatMap(({ imageId, imageRef, image }) => [imageId, imageRef, image?.image ?? '']));
      for (const reference of await mountedImages(containers, signal)) references.add(reference);
      for (const reference of new Set([...volumeReferences(await wantedPods({ signal })), ...pullNames(wantedImages())])) {
        // By the runtime's own rule for names.
        const { image } = await cri.images.imageStatus({ image: { image: reference }, verbose: false }, { signal });
        if (image !== undefined) references.add(image.id);
      }
      const listed = await cri.lists.images(undefined, { signal });
      const names = (image: (typeof listed)[number]): readonly string[] => [image.id, ...image.repoDigests, ...image.repoTags];
      return new Set(listed.filter((image) => names(image).some((name) => references.has(name))).map(({ id }) => id));
    },
  };
};

const volumeReferences = (pods: readonly Pod[]): readonly string[] =>
  pullNames(pods.flatMap(({ spec }) => (spec.volumes ?? []).map(({ image }) => image?.reference)));

const pullNames = (references: readonly (string | undefined)[]): readonly string[] =>
  references.flatMap((reference) => parseImageReference(reference ?? '')?.pullName ?? []);

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
