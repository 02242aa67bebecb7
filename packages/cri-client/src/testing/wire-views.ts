import {
  type Container,
  Container as ContainerCodec,
  type ContainerStatus,
  ContainerStatus as ContainerStatusCodec,
  type PodSandbox,
  PodSandbox as PodSandboxCodec,
  type PodSandboxStatus,
  PodSandboxStatus as PodSandboxStatusCodec,
} from '../gen/cri-v1.js';
import type { ContainerRecord, SandboxRecord } from './records.js';

export const toPodSandbox = ({ id, config, state, createdAt, runtimeHandler }: SandboxRecord): PodSandbox =>
  PodSandboxCodec.fromPartial({
    id,
    metadata: config.metadata,
    state,
    createdAt,
    labels: config.labels,
    annotations: config.annotations,
    runtimeHandler,
  });

export const toSandboxStatus = ({ id, config, state, createdAt, runtimeHandler, ips }: SandboxRecord): PodSandboxStatus =>
  PodSandboxStatusCodec.fromPartial({
    id,
    metadata: config.metadata,
    state,
    createdAt,
    network: { ip: ips[0] ?? '', additionalIps: ips.slice(1).map((ip) => ({ ip })) },
    linux: { namespaces: { options: config.linux?.securityContext?.namespaceOptions } },
    labels: config.labels,
    annotations: config.annotations,
    runtimeHandler,
  });

export const toContainer = ({ id, sandbox, config, imageRef, imageId, state, createdAt }: ContainerRecord): Container =>
  ContainerCodec.fromPartial({
    id,
    podSandboxId: sandbox.id,
    metadata: config.metadata,
    image: config.image,
    imageRef,
    imageId,
    state,
    createdAt,
    labels: config.labels,
    annotations: config.annotations,
  });

export const toContainerStatus = (record: ContainerRecord, logPath: string): ContainerStatus =>
  ContainerStatusCodec.fromPartial({
    id: record.id,
    metadata: record.config.metadata,
    state: record.state,
    createdAt: record.createdAt,
    startedAt: record.startedAt,
    finishedAt: record.finishedAt,
    exitCode: record.exitCode,
    image: { ...record.config.image, image: record.imageName },
    imageRef: record.imageRef,
    imageId: record.imageId,
    reason: record.reason,
    message: record.message,
    labels: record.config.labels,
    annotations: record.config.annotations,
    mounts: [...record.mounts],
    logPath,
    resources: record.resources === undefined ? undefined : { linux: record.resources },
    user: userOf(record),
    stopSignal: record.config.stopSignal,
  });

const userOf = ({ config }: ContainerRecord) => {
  const security = config.linux?.securityContext;
  const uid = security?.runAsUser?.value ?? 0n;
  const gid = security?.runAsGroup?.value ?? 0n;
  return { linux: { uid, gid, supplementalGroups: [gid, ...(security?.supplementalGroups ?? [])] } };
};
