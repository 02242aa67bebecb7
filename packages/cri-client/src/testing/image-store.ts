import { createHash } from 'node:crypto';
import type { AuthConfig, Image } from '../gen/cri-v1.js';
import { type Clock, waitFor } from './clock.js';
import { isDigestReference, normalizeReference } from './image-reference.js';
import { type GrpcCode, RpcError } from './rpc-error.js';

/** An image, in the store or in the registry. */
export interface FakeImage {
  /** Tags such as `nginx:1.27`; completed as containerd does. */
  readonly tags: readonly string[];
  /** `sha256:` and 64 hex digits. Default: made from the first tag. */
  readonly id?: string;
  /** `sha256:…` of the manifest. Default: made from the id. */
  readonly digest?: string;
  /** Bytes. Default 1 MiB. */
  readonly sizeBytes?: number;
  /** Numeric user of the image. Default: unset. */
  readonly uid?: number;
  /** User of the image by name. Default: unset. */
  readonly username?: string;
  /** Never collected. Default false. */
  readonly pinned?: boolean;
  /** Volumes, entry point and the like, for the verbose answer. */
  readonly imageSpec?: Readonly<Record<string, unknown>>;
}

/** What can be pulled: a list, or an answer for each completed reference. */
export type FakeRegistry = readonly FakeRegistryImage[] | ((reference: string) => FakeRegistryImage | undefined);

/** An image that can be pulled, and how that goes. */
export interface FakeRegistryImage extends FakeImage {
  /** How long a pull takes, ms. Default 0. */
  readonly pullsForMs?: number;
  /** Each pull fails so, after its time. */
  readonly pullError?: { readonly code?: GrpcCode; readonly message: string };
  /** Only these credentials may pull. Default: everybody. */
  readonly auth?: { readonly username: string; readonly password: string };
}

interface StoredImage {
  readonly id: string;
  readonly size: bigint;
  readonly image: FakeImage;
  readonly tags: Set<string>;
  readonly digests: Set<string>;
}

export interface ImageStore {
  find(reference: string): Image | undefined;
  spec(reference: string): Readonly<Record<string, unknown>>;
  list(reference?: string): readonly Image[];
  /** Puts an image in as an import would: at once, from nowhere. */
  add(image: FakeImage): string;
  /** Makes an image available for pulls; a tag moves from what had it before. */
  publish(image: FakeRegistryImage): void;
  pull(reference: string, auth: AuthConfig | undefined, signal: AbortSignal): Promise<string>;
  remove(reference: string): void;
  /** Takes one name from an image that has more. */
  untag(tag: string): void;
  readonly usedBytes: bigint;
}

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

const DEFAULT_SIZE_BYTES = 1024 * 1024;

export interface ImageStoreOptions {
  readonly clock: Clock;
  readonly images: readonly FakeImage[];
  readonly registry: FakeRegistry;
  /** What ids of images begin with. */
  readonly idPrefix: 'sha256:' | '';
  readonly onChange: (change: 'create' | 'update' | 'delete', name: string) => void;
}

export const createImageStore = ({ clock, images, registry, idPrefix, onChange }: ImageStoreOptions): ImageStore => {
  const stored = new Map<string, StoredImage>();
  const published = new Map<string, FakeRegistryImage>();

  const idOf = (image: FakeImage): string =>
    idPrefix + (image.id ?? sha256(`image ${image.tags[0] ?? image.digest ?? ''}`)).replace('sha256:', '');
  const digestOf = (image: FakeImage): string => image.digest ?? sha256(`manifest of ${idOf(image)}`);
  const repository = (reference: string): string => reference.replace(/@.*$/, '').replace(/:[^:/]*$/, '');

  const lookUp = (reference: string): StoredImage | undefined => {
    const direct = stored.get(reference) ?? stored.get(`sha256:${reference}`);
    if (direct !== undefined) return direct;
    const wanted = normalizeReference(reference);
    return [...stored.values()].find(({ tags, digests }) => tags.has(wanted) || digests.has(wanted));
  };
  const toImage = ({ id, size, image, tags, digests }: StoredImage): Image => ({
    id,
    repoTags: [...tags].sort(),
    repoDigests: [...digests].sort(),
    size,
    uid: image.uid === undefined ? undefined : { value: BigInt(image.uid) },
    username: image.uid === undefined ? (image.username ?? '') : '',
    spec: undefined,
    pinned: image.pinned ?? false,
  });
  const store = (image: FakeImage, references: readonly string[]): string => {
    const id = idOf(image);
    const known = stored.get(id);
    const entry = known ?? { id, size: BigInt(image.sizeBytes ?? DEFAULT_SIZE_BYTES), image, tags: new Set(), digests: new Set() };
    for (const reference of references) {
      for (const other of stored.values()) if (other !== entry) other.tags.delete(reference);
      if (!isDigestReference(reference)) entry.tags.add(reference);
      entry.digests.add(`${repository(reference)}@${digestOf(image)}`);
    }
    stored.set(id, entry);
    onChange(known === undefined ? 'create' : 'update', references[0] ?? id);
    return id;
  };

  const result: ImageStore = {
    find: (reference) => {
      const image = lookUp(reference);
      return image === undefined ? undefined : toImage(image);
    },
    spec: (reference) => lookUp(reference)?.image.imageSpec ?? {},
    list: (reference) => {
      if (reference === undefined || reference === '') return [...stored.values()].map(toImage);
      const image = lookUp(reference);
      return image === undefined ? [] : [toImage(image)];
    },
    add: (image) => store(image, image.tags.map(normalizeReference)),
    publish: (image) => {
      for (const tag of image.tags.map(normalizeReference)) {
        published.set(tag, image);
        published.set(`${repository(tag)}@${digestOf(image)}`, image);
      }
    },
    pull: async (reference, auth, signal) => {
      const wanted = normalizeReference(reference);
      const image = published.get(wanted) ?? (typeof registry === 'function' ? registry(wanted) : undefined);
      if (image?.pullsForMs !== undefined) await waitFor(clock, image.pullsForMs, signal);
      const failed = `failed to pull and unpack image "${wanted}"`;
      if (image === undefined) {
        throw new RpcError('NOT_FOUND', `${failed}: failed to resolve reference "${wanted}": ${wanted}: not found`);
      }
      if (image.auth !== undefined && (auth?.username !== image.auth.username || auth.password !== image.auth.password)) {
        throw new RpcError('UNKNOWN', `${failed}: failed to authorize: pull access denied, repository may require authorization`);
      }
      if (image.pullError !== undefined) throw new RpcError(image.pullError.code ?? 'UNKNOWN', image.pullError.message);
      return store(image, [wanted]);
    },
    remove: (reference) => {
      const image = lookUp(reference);
      if (image === undefined) return;
      stored.delete(image.id);
      onChange('delete', [...image.tags][0] ?? image.id);
    },
    untag: (tag) => {
      lookUp(tag)?.tags.delete(normalizeReference(tag));
    },
    get usedBytes() {
      return [...stored.values()].reduce((sum, { size }) => sum + size, 0n);
    },
  };
  for (const image of images) result.add(image);
  if (typeof registry !== 'function') for (const image of registry) result.publish(image);
  return result;
};
