import type { Int64, KeyToPath, Pod, Volume, VolumeProjection } from '@solo-kubelet/pod-spec';
import { PodEnvironmentError } from '../pod-environment-error.js';
import { downwardFile } from './downward-files.js';
import { configMapFiles, type ObjectFilesResult, ownerOf, secretFiles } from './object-files.js';
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

/** What the files of a volume have where they do not say it themselves. */
interface FileDefaults {
  readonly defaultMode: number;
  readonly defaultUser: Int64 | undefined;
}

const DEFAULT_MODE = 0o644;

const defaultsOf = ({
  defaultMode = DEFAULT_MODE,
  defaultUser,
}: {
  readonly defaultMode?: number;
  readonly defaultUser?: Int64;
}): FileDefaults => ({
  defaultMode,
  defaultUser,
});

/** Whether the files of a volume come from the pod itself or from other objects, and follow them. */
export const isLiveVolume = ({ downwardAPI, projected, configMap, secret }: Volume): boolean =>
  downwardAPI !== undefined || projected !== undefined || configMap !== undefined || secret !== undefined;

/**
 * The files of a downwardAPI, configMap, secret or projected volume. A path named twice has its last contents. Upstream: MakePayload in
 * pkg/volume/{configmap,secret}, collectData in pkg/volume/projected.
 */
export const objectPayload = async (volume: Volume, context: PayloadContext): Promise<Payload> => {
  const { downwardAPI, configMap, secret, projected } = volume;
  if (downwardAPI) return downwardPayload(downwardAPI.items ?? [], defaultsOf(downwardAPI), context);
  if (configMap) return configMapPayload({ ...configMap, name: configMap.name ?? '' }, defaultsOf(configMap), context);
  if (secret) {
    return secretPayload({ name: secret.secretName ?? '', ...optional(secret) }, defaultsOf(secret), context);
  }
  const payload = new Map<string, PayloadFile>();
  for (const source of projected?.sources ?? []) {
    const files = await projectedPayload(volume.name, source, defaultsOf(projected ?? {}), context);
    for (const [path, file] of files) payload.set(path, file);
  }
  return payload;
};

const projectedPayload = async (
  volumeName: string,
  source: VolumeProjection,
  defaults: FileDefaults,
  context: PayloadContext,
): Promise<Payload> => {
  const { downwardAPI, configMap, secret, serviceAccountToken } = source;
  if (downwardAPI) return downwardPayload(downwardAPI.items ?? [], defaults, context);
  if (configMap) return configMapPayload({ ...configMap, name: configMap.name ?? '' }, defaults, context);
  if (secret) return secretPayload({ name: secret.name ?? '', ...optional(secret) }, defaults, context);
  if (serviceAccountToken && context.objects) {
    const { path, audience = '', expirationSeconds = 3_600, user } = serviceAccountToken;
    return new Map([
      [
        path,
        await tokenFile(
          { audience, expirationSeconds: Number(expirationSeconds) },
          { ...defaults, defaultUser: user ?? defaults.defaultUser },
          context,
        ),
      ],
    ]);
  }
  throw new PodEnvironmentError({
    code: 'VOLUME_UNSUPPORTED',
    retryable: false,
    message: `projected volume ${volumeName} has a source that only an API server can serve`,
  });
};

const downwardPayload = (
  items: NonNullable<NonNullable<Volume['downwardAPI']>['items']>,
  { defaultMode, defaultUser }: FileDefaults,
  { pod, allocatable }: PayloadContext,
): Payload =>
  new Map(
    items.map((item) => {
      const data = Buffer.from(downwardFile(pod, item, allocatable));
      return [item.path, { data, mode: item.mode ?? defaultMode, ...ownerOf(item.user ?? defaultUser) }] as const;
    }),
  );

interface ObjectSource {
  readonly name: string;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

const optional = ({ items, optional: isOptional }: Omit<ObjectSource, 'name'>): Omit<ObjectSource, 'name'> => ({
  ...(items === undefined ? {} : { items }),
  ...(isOptional === undefined ? {} : { optional: isOptional }),
});

const configMapPayload = (source: ObjectSource, defaults: FileDefaults, { pod, objects }: PayloadContext): Payload => {
  const found = readerOf(objects, 'configMap', pod, source.name).configMap(namespaceOf(pod), source.name);
  if (found === undefined && !source.optional) throw missing(`configmap "${source.name}" not found`);
  return payloadOf(configMapFiles(found ?? {}, { ...source, ...defaults }));
};

const secretPayload = (source: ObjectSource, defaults: FileDefaults, { pod, objects }: PayloadContext): Payload => {
  const found = readerOf(objects, 'secret', pod, source.name).secret(namespaceOf(pod), source.name);
  if (found === undefined && !source.optional) throw missing(`secret "${source.name}" not found`);
  return payloadOf(secretFiles(found ?? {}, { ...source, ...defaults }));
};

const payloadOf = (result: ObjectFilesResult): Payload => {
  if (!result.ok) throw missing(result.error);
  return result.files;
};

/** A token is for its user alone where that user is known; whose file it is can be said (pkg/volume/projected collectData). */
const tokenFile = async (
  request: { readonly audience: string; readonly expirationSeconds: number },
  { defaultMode, defaultUser }: FileDefaults,
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
  return { data: Buffer.from(token), mode: known ? 0o600 : defaultMode, ...ownerOf(defaultUser ?? user) };
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
