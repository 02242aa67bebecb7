import { CriError } from './cri-error.js';
import type {
  Container,
  ContainerFilter,
  ContainerStats,
  ContainerStatsFilter,
  Image,
  ImageFilter,
  ImageServiceDefinition,
  PodSandbox,
  PodSandboxFilter,
  PodSandboxMetrics,
  PodSandboxStats,
  PodSandboxStatsFilter,
  RuntimeServiceDefinition,
} from './gen/cri-v1.js';
import type { CriCallOptions, ServiceClient } from './service-client.js';

/** Whole lists, in pieces where the runtime can stream them (newer than 1.36's runtimes), else in one reply. */
export interface CriLists {
  podSandboxes(filter?: Partial<PodSandboxFilter>, options?: CriCallOptions): Promise<readonly PodSandbox[]>;
  containers(filter?: Partial<ContainerFilter>, options?: CriCallOptions): Promise<readonly Container[]>;
  containerStats(filter?: Partial<ContainerStatsFilter>, options?: CriCallOptions): Promise<readonly ContainerStats[]>;
  podSandboxStats(filter?: Partial<PodSandboxStatsFilter>, options?: CriCallOptions): Promise<readonly PodSandboxStats[]>;
  podSandboxMetrics(options?: CriCallOptions): Promise<readonly PodSandboxMetrics[]>;
  images(filter?: Partial<ImageFilter>, options?: CriCallOptions): Promise<readonly Image[]>;
}

/** Remembers, for one service and the life of the client, whether streamed lists are there. */
const createStreamedLister = () => {
  let supported = true;
  return async <R, T>(stream: () => AsyncIterable<R>, itemsOf: (reply: R) => readonly T[], unary: () => Promise<readonly T[]>) => {
    if (!supported) return unary();
    const items: T[] = [];
    try {
      for await (const reply of stream()) items.push(...itemsOf(reply));
      return items;
    } catch (error) {
      // Whatever came before an error is no list. Unimplemented shows on the first receive.
      if (!CriError.is(error) || error.code !== 'CRI_UNIMPLEMENTED') throw error;
      supported = false;
      return unary();
    }
  };
};

export const createCriLists = (
  runtime: ServiceClient<typeof RuntimeServiceDefinition>,
  images: ServiceClient<typeof ImageServiceDefinition>,
): CriLists => {
  const runtimeList = createStreamedLister();
  const imageList = createStreamedLister();
  return {
    podSandboxes: (filter, o) =>
      runtimeList(
        () => runtime.streamPodSandboxes({ filter }, o),
        (reply) => reply.podSandboxes,
        async () => (await runtime.listPodSandbox({ filter }, o)).items,
      ),
    containers: (filter, o) =>
      runtimeList(
        () => runtime.streamContainers({ filter }, o),
        (reply) => reply.containers,
        async () => (await runtime.listContainers({ filter }, o)).containers,
      ),
    containerStats: (filter, o) =>
      runtimeList(
        () => runtime.streamContainerStats({ filter }, o),
        (reply) => reply.containerStats,
        async () => (await runtime.listContainerStats({ filter }, o)).stats,
      ),
    podSandboxStats: (filter, o) =>
      runtimeList(
        () => runtime.streamPodSandboxStats({ filter }, o),
        (reply) => reply.podSandboxStats,
        async () => (await runtime.listPodSandboxStats({ filter }, o)).stats,
      ),
    podSandboxMetrics: (o) =>
      runtimeList(
        () => runtime.streamPodSandboxMetrics({}, o),
        (reply) => reply.podSandboxMetrics,
        async () => (await runtime.listPodSandboxMetrics({}, o)).podMetrics,
      ),
    images: (filter, o) =>
      imageList(
        () => images.streamImages({ filter }, o),
        (reply) => reply.images,
        async () => (await images.listImages({ filter }, o)).images,
      ),
  };
};
