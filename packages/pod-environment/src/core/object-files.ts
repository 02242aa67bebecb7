import type { Int64, KeyToPath } from '@solo-kubelet/pod-spec';

/** A file of a volume made from a ConfigMap or Secret. */
export interface ObjectFile {
  readonly data: Uint8Array;
  readonly mode: number;
  /** Whose file it is. Default: the kubelet's. */
  readonly uid?: number;
}

export type ObjectFilesResult =
  /** By path inside the volume. */
  | { readonly ok: true; readonly files: ReadonlyMap<string, ObjectFile> }
  /** Why the volume cannot be set up, in the kubelet's words. */
  | { readonly ok: false; readonly error: string };

export interface ObjectFilesOptions {
  /** Which keys, and where to; all of them, at their own names, if there are none. */
  readonly items?: readonly KeyToPath[] | null;
  readonly defaultMode?: number | null;
  /** Owner of the files, where a key says no other. */
  readonly defaultUser?: Int64 | null | undefined;
  /** Whether keys that are not there are left out instead of an error. */
  readonly optional?: boolean | null;
}

type Texts = Readonly<Record<string, string>>;

/** A ConfigMap as far as Pods use it. `binaryData` is base64. */
export interface ConfigMapLike {
  readonly data?: Texts | null | undefined;
  readonly binaryData?: Texts | null | undefined;
}

/** A Secret as far as Pods use it. `data` is base64. */
export interface SecretLike {
  readonly data?: Texts | null | undefined;
}

/** The files of a ConfigMap volume (pkg/volume/configmap MakePayload). `binaryData` is base64. */
export const configMapFiles = (configMap: ConfigMapLike, options: ObjectFilesOptions): ObjectFilesResult =>
  objectFiles(
    new Map([...entries(configMap.binaryData, fromBase64), ...entries(configMap.data, fromText)]),
    options,
    'configmap references non-existent config key',
  );

/** The files of a Secret volume (pkg/volume/secret MakePayload). `data` is base64. */
export const secretFiles = (secret: SecretLike, options: ObjectFilesOptions): ObjectFilesResult =>
  objectFiles(new Map(entries(secret.data, fromBase64)), options, 'references non-existent secret key');

const fromText = (text: string): Uint8Array => new TextEncoder().encode(text);
export const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

const entries = (texts: Texts | null | undefined, read: (text: string) => Uint8Array): readonly [string, Uint8Array][] =>
  Object.entries(texts ?? {}).map(([key, text]) => [key, read(text)]);

/** The owner of a file; what nobody says stays the kubelet's. */
export const ownerOf = (user: Int64 | null | undefined): { readonly uid?: number } =>
  user === undefined || user === null ? {} : { uid: Number(user) };

const objectFiles = (
  contents: ReadonlyMap<string, Uint8Array>,
  { items, defaultMode, defaultUser, optional }: ObjectFilesOptions,
  missing: string,
): ObjectFilesResult => {
  if (defaultMode === undefined || defaultMode === null) {
    return { ok: false, error: 'no defaultMode used, not even the default value for it' };
  }
  const mappings: readonly KeyToPath[] = items?.length ? items : [...contents.keys()].map((key) => ({ key, path: key }));
  const files = new Map<string, ObjectFile>();
  for (const { key, path, mode, user } of mappings) {
    const data = contents.get(key);
    if (data !== undefined) files.set(path, { data, mode: mode ?? defaultMode, ...ownerOf(user ?? defaultUser) });
    else if (!optional) return { ok: false, error: `${missing}: ${key}` };
  }
  return { ok: true, files };
};
