import type { CriClient } from '@solo-kubelet/cri-client';
import { sendJson } from '../server/http-error.js';
import type { Route } from '../server/route.js';

/** GET /images (ours): what the runtime holds, largest first. */
export const imageRoute = (cri: CriClient): Route => ({
  methods: ['GET', 'HEAD'],
  path: '/images',
  role: 'read',
  handle: async ({ response, signal }) => {
    const { images } = await cri.images.listImages({}, { signal });
    const items = images
      .map(({ id, repoTags, repoDigests, size, pinned }) => ({
        id,
        names: repoTags.length > 0 ? repoTags : repoDigests,
        sizeBytes: Number(size),
        pinned,
      }))
      .sort((a, b) => b.sizeBytes - a.sizeBytes);
    sendJson(response, { kind: 'ImageList', apiVersion: 'v1', metadata: {}, items: items.length === 0 ? null : items });
  },
});
