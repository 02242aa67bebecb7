import { type Container, type CriClient, CriError } from '@solo-kubelet/cri-client';

/** Tells which images containers have mounted as volumes, by the names or ids that the runtime was given. */
export const createMountedImages = (cri: CriClient) => {
  /** A container's mounts never change. */
  const known = new Map<string, readonly string[]>();
  return async (containers: readonly Pick<Container, 'id'>[], signal: AbortSignal): Promise<ReadonlySet<string>> => {
    const ids = new Set(containers.map(({ id }) => id));
    for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    for (const containerId of ids) {
      if (known.has(containerId)) continue;
      const reply = await cri.runtime.containerStatus({ containerId, verbose: false }, { signal }).catch(unlessGone);
      if (reply?.status)
        known.set(
          containerId,
          reply.status.mounts.flatMap(({ image }) => (image?.image ? [image.image] : [])),
        );
    }
    return new Set([...known.values()].flat());
  };
};

const unlessGone = (error: unknown): undefined => {
  if (!CriError.is(error) || error.code !== 'CRI_NOT_FOUND') throw error;
};
