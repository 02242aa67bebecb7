import type {
  Image,
  ImageFsInfoResponse,
  ListContainerStatsResponse,
  ListPodSandboxResponse,
  ListPodSandboxStatsResponse,
  PodSandboxStatsResponse,
} from '@solo-kubelet/cri-types';

interface CallOptions {
  readonly signal?: AbortSignal;
}
/** A request that asks about everything there is. */
type Everything = Readonly<Record<string, never>>;

/**
 * What is asked of the runtime: a `CriClient` of @solo-kubelet/cri-client is one. A call that fails rejects with an error whose `code` is one of that
 * client's; of a runtime without measurements of pods it is `CRI_UNIMPLEMENTED`.
 */
export interface RuntimeStats {
  readonly runtime: {
    listPodSandbox(request: Everything, options: CallOptions): Promise<ListPodSandboxResponse>;
    listPodSandboxStats(request: Everything, options: CallOptions): Promise<ListPodSandboxStatsResponse>;
    podSandboxStats(request: { readonly podSandboxId: string }, options: CallOptions): Promise<PodSandboxStatsResponse>;
    listContainerStats(request: Everything, options: CallOptions): Promise<ListContainerStatsResponse>;
  };
  readonly images: { imageFsInfo(request: Everything, options: CallOptions): Promise<ImageFsInfoResponse> };
  readonly lists: { images(filter: undefined, options: CallOptions): Promise<readonly Image[]> };
}
