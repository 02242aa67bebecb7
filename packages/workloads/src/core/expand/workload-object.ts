import { type ApiObject, objectKey } from '@solo-kubelet/object-spec';

/** Kinds that make Pods. */
export const WORKLOAD_KINDS = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];
export type WorkloadObject = Extract<ApiObject, { kind: WorkloadKind }>;

export const isWorkload = (object: ApiObject): object is WorkloadObject => (WORKLOAD_KINDS as readonly string[]).includes(object.kind);

/** `Deployment.apps/namespace/name`. */
export const workloadKey = (object: WorkloadObject): string => objectKey(object);

export const namespaceOf = ({ metadata }: Pick<ApiObject, 'metadata'>): string => metadata.namespace ?? 'default';
