import type {
  ContainerStatusResponse,
  CreateContainerResponse,
  ExecResponse,
  ImageStatusResponse,
  PodSandboxStatusResponse,
  PullImageResponse,
  RestorePodResponse,
  RunPodSandboxResponse,
  StatusResponse,
  VersionResponse,
} from './gen/cri-v1.js';

type Fields = Readonly<Record<string, unknown>>;

const absent = (fields: Fields): readonly string[] =>
  Object.entries(fields)
    .filter(([, value]) => value === undefined || value === '' || value === 0n)
    .map(([name]) => name);

const sandboxStatus = ({ status }: PodSandboxStatusResponse): readonly string[] =>
  status === undefined
    ? ['status']
    : absent({
        id: status.id,
        'metadata.name': status.metadata?.name,
        'metadata.namespace': status.metadata?.namespace,
        'metadata.uid': status.metadata?.uid,
        created_at: status.createdAt,
      });

const containerStatus = ({ status }: ContainerStatusResponse): readonly string[] =>
  status === undefined
    ? ['status']
    : absent({
        id: status.id,
        'metadata.name': status.metadata?.name,
        created_at: status.createdAt,
        'image.image': status.image?.image,
        image_ref: status.imageRef,
      });

const url = (reply: ExecResponse): readonly string[] => absent({ url: reply.url });

const checks: Readonly<Record<string, (reply: never) => readonly string[]>> = {
  Version: (reply: VersionResponse) =>
    absent({
      version: reply.version,
      runtime_name: reply.runtimeName,
      runtime_version: reply.runtimeVersion,
      runtime_api_version: reply.runtimeApiVersion,
    }),
  RunPodSandbox: (reply: RunPodSandboxResponse) => absent({ pod_sandbox_id: reply.podSandboxId }),
  CreateContainer: (reply: CreateContainerResponse) => absent({ container_id: reply.containerId }),
  RestorePod: ({ podSandboxId, restoredContainers }: RestorePodResponse) => [
    ...absent({ pod_sandbox_id: podSandboxId }),
    ...restoredContainers.flatMap(({ name, containerId }, i) =>
      absent({ [`restored_containers[${i}].name`]: name, [`restored_containers[${i}].container_id`]: containerId }),
    ),
  ],
  PodSandboxStatus: sandboxStatus,
  ContainerStatus: containerStatus,
  Exec: url,
  Attach: url,
  PortForward: url,
  Status: (reply: StatusResponse) => ((reply.status?.conditions.length ?? 0) < 2 ? ['status.conditions'] : []),
  ImageStatus: ({ image }: ImageStatusResponse) => (image === undefined ? [] : absent({ 'image.id': image.id, 'image.size': image.size })),
  PullImage: (reply: PullImageResponse) => absent({ image_ref: reply.imageRef }),
};

/** The mandatory fields that a reply lacks (cri-client's verify functions upstream); empty for a sound one. */
export const missingReplyFields = (method: string, reply: unknown): readonly string[] => checks[method]?.(reply as never) ?? [];
