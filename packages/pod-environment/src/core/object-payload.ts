import type { Pod, Volume, VolumeProjection } from '@solo-kubelet/pod-spec';
import { PodEnvironmentError } from '../pod-environment-error.js';
import { downwardFile } from './downward-files.js';
import { configMapFiles, type ObjectFilesResult, secretFiles } from './object-files.js';
import type { PodObjects } from './pod-objects.js';
import { allContainers } from './pod-volumes.js';

export interface PayloadFile {
  readonly data: Uint8Array;
  /** Permission bits, exactly as the file gets them. */
  readonly mode: number;
  /** Whose file it is. Default: the kubelet's. */
  readonly uid?: number;
}

/** Contents of a volume by relative path. */
export type Payload = ReadonlyMap<string, PayloadFile>;

export interface PayloadContext {
  readonly pod: Pod;
  readonly allocatable: Readonly<Record<string, string>>;
  /** Undefined where there are no other objects than Pods. */
  readonly objects: PodObjects | undefined;
}

const DEFAULT_MODE = 0o644;

/** Whether the files of a volume come from the pod itself or from other objects, and follow them. */
export const isLiveVolume = ({ downwardAPI, projected, configMap, secret }: Volume): boolean =>
  downwardAPI !== undefined || projected !== undefined || configMap !== undefined || secret !== undefined;

/**
 * The files of a downwardAPI, configMap, secret or projected volume. A path named twice has its last contents. Upstream: MakePayload in
 * pkg/volume/{configmap,secret}, collectData in pkg/volume/projected.
 */
export const objectPayload = async (volume: Volume, context: PayloadContext): Promise<Payload> => {
  const { downwardAPI, configMap, secret, projected } = volume;
  if (downwardAPI) return downwardPayload(downwardAPI.items ?? [], downwardAPI.defaultMode ?? DEFAULT_MODE, context);
  if (configMap) return configMapPayload({ ...configMap, name: configMap.name ?? '' }, configMap.defaultMode ?? DEFAULT_MODE, context);
  if (secret) {
    return secretPayload({ name: secret.secretName ?? '', ...optional(secret) }, secret.defaultMode ?? DEFAULT_MODE, context);
  }
  const payload = new Map<string, PayloadFile>();
  for (const source of projected?.sources ?? []) {
    const files = await projectedPayload(volume.name, source, projected?.defaultMode ?? DEFAULT_MODE, context);
    for (const [path, file] of files) payload.set(path, file);
  }
  return payload;
};

const projectedPayload = async (
  volumeName: string,
  source: VolumeProjection,
  defaultMode: number,
  context: PayloadContext,
): Promise<Payload> => {
  const { downwardAPI, configMap, secret, serviceAccountToken } = source;
  if (downwardAPI) return downwardPayload(downwardAPI.items ?? [], defaultMode, context);
  if (configMap) return configMapPayload({ ...configMap, name: configMap.name ?? '' }, defaultMode, context);
  if (secret) return secretPayload({ name: secret.name ?? '', ...optional(secret) }, defaultMode, context);
  if (serviceAccountToken && context.objects) {
    const { path, audience = '', expirationSeconds = 3_600 } = serviceAccountToken;
    return new Map([[path, await tokenFile({ audience, expirationSeconds: Number(expirationSeconds) }, defaultMode, context)]]);
  }
  throw new PodEnvironmentError({
    code: 'VOLUME_UNSUPPORTED',
    retryable: false,
    message: `projected volume ${volumeName} has a source that only an API server can serve`,
  });
};

const downwardPayload = (
  items: NonNullable<NonNullable<Volume['downwardAPI']>['items']>,
  defaultMode: number,
  { pod, allocatable }: PayloadContext,
): Payload =>
  new Map(
    items.map((item) => [item.path, { data: Buffer.from(downwardFile(pod, item, allocatable)), mode: item.mode ?? defaultMode }] as const),
  );

interface ObjectSource {
  readonly name: string;
  readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[];
  readonly optional?: boolean;
}

const optional = ({ items, optional: isOptional }: Omit<ObjectSource, 'name'>): Omit<ObjectSource, 'name'> => ({
  ...(items === undefined ? {} : { items }),
  ...(isOptional === undefined ? {} : { optional: isOptional }),
});

const configMapPayload = (source: ObjectSource, defaultMode: number, { pod, objects }: PayloadContext): Payload => {
  const found = readerOf(objects, 'configMap', pod, source.name).configMap(namespaceOf(pod), source.name);
  if (found === undefined && !source.optional) throw missing(`configmap "${source.name}" not found`);
  return payloadOf(configMapFiles(found ?? {}, { ...source, defaultMode }));
};

const secretPayload = (source: ObjectSource, defaultMode: number, { pod, objects }: PayloadContext): Payload => {
  const found = readerOf(objects, 'secret', pod, source.name).secret(namespaceOf(pod), source.name);
  if (found === undefined && !source.optional) throw missing(`secret "${source.name}" not found`);
  return payloadOf(secretFiles(found ?? {}, { ...source, defaultMode }));
};

const payloadOf = (result: ObjectFilesResult): Payload => {
  if (!result.ok) throw missing(result.error);
  return result.files;
};

/** A token is for its user alone where that user is known (pkg/volume/projected collectData). */
const tokenFile = async (
  request: { readonly audience: string; readonly expirationSeconds: number },
  defaultMode: number,
  { pod, objects }: PayloadContext,
): Promise<PayloadFile> => {
  const { name, uid } = pod.metadata;
  const token = await readerOf(objects, 'secret', pod, '').token({
    ...request,
    namespace: namespaceOf(pod),
    serviceAccountName: pod.spec.serviceAccountName ?? 'default',
    pod: { name: name ?? '', uid: uid ?? '' },
  });
  const user = commonUser(pod);
  const known = user !== undefined || pod.spec.securityContext?.fsGroup !== undefined;
  return { data: Buffer.from(token), mode: known ? 0o600 : defaultMode, ...(user === undefined ? {} : { uid: user }) };
};

/** The user that all containers of a pod run as, if there is one (pkg/volume/util FsUserFrom). */
const commonUser = (pod: Pod): number | undefined => {
  const users = new Set(allContainers(pod).map(({ securityContext }) => securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser));
  const [user] = users;
  return users.size === 1 && user !== undefined ? Number(user) : undefined;
};

export const namespaceOf = ({ metadata }: Pod): string => metadata.namespace ?? 'default';

const readerOf = (objects: PodObjects | undefined, kind: 'configMap' | 'secret', pod: Pod, name: string): PodObjects => {
  if (objects !== undefined) return objects;
  const message = `couldn't get ${kind} ${namespaceOf(pod)}/${name}, no kubeClient defined`;
  throw new PodEnvironmentError({ code: 'VOLUME_UNSUPPORTED', retryable: false, message });
};

const missing = (message: string): PodEnvironmentError => new PodEnvironmentError({ code: 'VOLUME_SETUP_FAILED', message });
