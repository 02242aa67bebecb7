import { isRecord } from '@solo-kubelet/diagnostics/json';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
/** A file of an artifact. */
export interface ArtifactLayer {
  /** Such as `sha256:…`. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** Name of the file, where whoever pushed it said one. */
  readonly title: string | undefined;
}

export interface Artifact {
  /** The one layer that is the answer. */
  readonly content: ArtifactLayer;
  /** Layers whose title is that of the content with a suffix. */
  readonly beside: readonly ArtifactLayer[];
}

export type ParsedArtifact = { readonly ok: true; readonly artifact: Artifact } | { readonly ok: false; readonly message: string };

/** What is asked for: one platform's index is told apart only when it comes. */
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.artifact.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';

const TITLE = 'org.opencontainers.image.title';
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
const MAX_LAYERS = 64;
const MAX_REFERRERS = 32;

/** Reads the manifest of an artifact that has one file, and perhaps signatures of it. */
export const parseArtifact = (text: string): ParsedArtifact => {
  const refused = (message: string): ParsedArtifact => ({ ok: false, message });
  const layers = parseLayers(text);
  if (!layers.ok) return layers;
  const isBeside = ({ title }: ArtifactLayer): boolean =>
    title !== undefined && layers.layers.some((other) => other.title !== undefined && title.startsWith(`${other.title}.`));
  const contents = layers.layers.filter((layer) => !isBeside(layer));
  const [content, another] = contents;
  if (content === undefined) return refused('it has no layer');
  if (another !== undefined)
    return refused(
      `it has ${contents.length} files (${contents
        .slice(0, 3)
        .map(({ title }) => JSON.stringify(title ?? '?'))
        .join(', ')}): push one manifest, or one archive of all`,
    );
  return { ok: true, artifact: { content, beside: layers.layers.filter((layer) => layer !== content) } };
};

export type ParsedLayers =
  | { readonly ok: true; readonly layers: readonly ArtifactLayer[] }
  | { readonly ok: false; readonly message: string };

/** The layers of a manifest. */
export const parseLayers = (text: string): ParsedLayers => {
  const manifest = parseObject(text);
  if (manifest === undefined) return { ok: false, message: 'its manifest is no JSON object' };
  if (Array.isArray(manifest['manifests']))
    return { ok: false, message: 'it is an index of several (images for several platforms): name one artifact, by its own tag or digest' };
  // `blobs`: of the artifact manifests of OCI 1.1's release candidates.
  const given = manifest['layers'] ?? manifest['blobs'];
  if (!Array.isArray(given) || given.length > MAX_LAYERS)
    return { ok: false, message: `its manifest has no list of at most ${MAX_LAYERS} layers` };
  const layers = given.map(parseLayer);
  const good = layers.filter((layer) => layer !== undefined);
  return good.length === layers.length
    ? { ok: true, layers: good }
    : { ok: false, message: 'a layer of its manifest has no digest of sha256 or sha512, or no size' };
};

const parseLayer = (layer: unknown): ArtifactLayer | undefined => {
  if (!isRecord(layer)) return undefined;
  const { digest, size, annotations } = layer;
  if (typeof digest !== 'string' || !DIGEST.test(digest) || !Number.isSafeInteger(size) || (size as number) < 0) return undefined;
  const title = isRecord(annotations) ? annotations[TITLE] : undefined;
  return { digest, size: size as number, title: typeof title === 'string' && title !== '' ? title : undefined };
};

/** Digests of what refers to an artifact, the latest first; undefined: it is no list of such. */
export const parseReferrers = (text: string): readonly string[] | undefined => {
  const manifests = parseObject(text)?.['manifests'];
  if (!Array.isArray(manifests)) return undefined;
  const found = manifests.flatMap((one: unknown) => {
    if (!isRecord(one) || typeof one['digest'] !== 'string' || !DIGEST.test(one['digest'])) return [];
    const created = isRecord(one['annotations']) ? one['annotations']['org.opencontainers.image.created'] : undefined;
    return [{ digest: one['digest'], created: typeof created === 'string' ? created : '' }];
  });
  return found
    .sort((a, b) => (a.created < b.created ? 1 : a.created > b.created ? -1 : 0))
    .slice(0, MAX_REFERRERS)
    .map(({ digest }) => digest);
};

const parseObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const value = parseBoundedJson(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
