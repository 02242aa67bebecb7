import type { CriClient } from '@solo-kubelet/cri-client';
import { sendJson } from '../server/http-error.js';
import type { Route } from '../server/route.js';

const CONTAINER_RUNNING = 1;
const SANDBOX_READY = 0;

/** GET /runningpods/: what the runtime itself says is running: names, uids and containers only. */
export const runningPodsRoute = (cri: CriClient): Route => ({
  methods: ['GET', 'HEAD'],
  path: '/runningpods/',
  role: 'read',
  subresources: ['pods', 'proxy'],
  debugging: true,
  handle: async ({ response, signal }) => {
    const [{ items: sandboxes }, { containers }] = await Promise.all([
      cri.runtime.listPodSandbox({}, { signal }),
      cri.runtime.listContainers({}, { signal }),
    ]);
    const running = containers.filter(({ state }) => Number(state) === CONTAINER_RUNNING);
    const items = sandboxes
      .filter(({ id, state }) => Number(state) === SANDBOX_READY || running.some(({ podSandboxId }) => podSandboxId === id))
      .map(({ id, metadata }) => ({
        metadata: { name: metadata?.name, namespace: metadata?.namespace, uid: metadata?.uid },
        spec: {
          containers: running
            .filter(({ podSandboxId }) => podSandboxId === id)
            .map((container) => ({
              name: container.metadata?.name,
              image: container.image?.userSpecifiedImage || container.imageRef,
              resources: {},
            })),
        },
        status: {},
      }));
    sendJson(response, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: items.length === 0 ? null : items });
  },
});
