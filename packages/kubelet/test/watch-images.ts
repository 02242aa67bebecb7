import type { CriClient } from '@solo-kubelet/cri-client';
import type { Pod } from '@solo-kubelet/pod-spec';
import { criImages } from '@solo-kubelet/reconciler/cri';
import { uidOf } from '../../reconciler/src/core/pod-identity.js';
import type { AdmissionMachine } from '../../reconciler/test/admission-machine.js';
import { imageCollector } from '../src/garbage-collection/image-collector.js';

const GIBIBYTE = 2 ** 30;
const idOf = (name: string): string => `sha256:${name}`;

/** The images that a Pod's volumes name. */
export const volumeImages = ({ spec }: Pod): readonly string[] =>
  (spec.volumes ?? []).flatMap(({ image }) => (image?.reference === undefined ? [] : [image.reference]));

/** The images of a machine whose disk is always full. */
export interface WatchedImages {
  /** A container of this Pod starts: what it needs is pulled. */
  started(image: string, pod: Pod): void;
  /** Somebody else has left one. */
  leave(name: string): void;
  readonly names: ReadonlySet<string>;
  /** The collector of one kubelet process, until what it returns is called. */
  collect(): () => void;
}

/** Every removal of an image that something uses, or is to use, is told to `broken`. */
export const watchImages = (machine: Pick<AdmissionMachine, 'runtime' | 'manifests' | 'time'>, broken: string[]): WatchedImages => {
  const { runtime, manifests, time } = machine;
  const names = new Set<string>();
  /** By UID: what containers of the Pod have mounted, as they were started. */
  const mounted = new Map<string, readonly string[]>();
  const containers = () =>
    [...runtime.pods].flatMap(([uid, pod]) => pod.containers.map(({ id, image }) => ({ id, image, mounts: mounted.get(uid) ?? [] })));
  const inUse = (name: string): boolean =>
    containers().some(({ image, mounts }) => image === name || mounts.includes(name)) ||
    [...manifests.values()].some((pod) => volumeImages(pod).includes(name));
  const imageOf = (name: string) => ({ id: idOf(name), repoTags: [name], repoDigests: [], size: BigInt(GIBIBYTE), pinned: false });
  const cri = {
    lists: {
      containers: async () => containers().map(({ id, image }) => ({ id, imageId: '', imageRef: '', image: { image } })),
      images: async () => [...names].map(imageOf),
    },
    runtime: {
      containerStatus: async ({ containerId }: { readonly containerId: string }) => {
        const mounts = containers().find(({ id }) => id === containerId)?.mounts ?? [];
        return { status: { mounts: mounts.map((image) => ({ image: { image } })) } };
      },
    },
    images: {
      imageStatus: async ({ image: { image } }: { readonly image: { readonly image: string } }) => ({
        image: names.has(image) ? imageOf(image) : undefined,
      }),
      removeImage: async ({ image: { image } }: { readonly image: { readonly image: string } }) => {
        const name = [...names].find((one) => idOf(one) === image) ?? '';
        if (inUse(name)) broken.push(`image ${name} was removed while it was in use`);
        names.delete(name);
      },
    },
  } as unknown as CriClient;
  return {
    started: (image, pod) => {
      for (const name of [image, ...volumeImages(pod)]) names.add(name);
      mounted.set(uidOf(pod), volumeImages(pod));
    },
    leave: (name) => void names.add(name),
    names,
    collect: () => {
      const subscription = imageCollector({
        images: {
          ...criImages({ cri, wantedPods: async () => [...manifests.values()] }),
          filesystem: async () => ({ capacityBytes: 100 * GIBIBYTE, availableBytes: GIBIBYTE }),
        },
        scheduler: time.scheduler,
      }).run$.subscribe();
      return () => subscription.unsubscribe();
    },
  };
};
