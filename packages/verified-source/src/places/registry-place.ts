import { createHash } from 'node:crypto';
import { joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { createConnections, type Way } from '../connections.js';
import {
  type Artifact,
  type ArtifactLayer,
  INDEX_TYPE,
  MANIFEST_TYPES,
  parseArtifact,
  parseLayers,
  parseReferrers,
} from '../core/artifact.js';
import type { SourceDefinition } from '../core/source-definition.js';
import type { SourceTarget } from '../core/source-url.js';
import { failed, requestFailed } from './failures.js';
import { type FetchedBeside, type FetchFailed, MAX_BESIDE_BYTES, type Place } from './place.js';
import { type RegistryClient, type RegistryLogins, type RegistryRequest, registryClient } from './registry-client.js';

export interface RegistryPlaceOptions {
  readonly source: SourceDefinition;
  readonly target: Extract<SourceTarget, { readonly type: 'artifact' }>;
  readonly logins: RegistryLogins;
  /** A clock that nobody can set, ms. */
  readonly now: () => number;
}

const MAX_MANIFEST_BYTES = 256 * 1024;
const MAX_INDEX_BYTES = 1 << 20;
/** Docker Hub's registry has another name than its images have. */
const HOSTS: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io', 'index.docker.io': 'registry-1.docker.io' };

/** An artifact of a registry that speaks the distribution protocol of OCI, 1.0 or 1.1. */
export const registryPlace = ({ source, target, logins, now }: RegistryPlaceOptions): Place => {
  const connections = createConnections(source);
  const { registry, repository, tag = '', digest: pinned } = target;
  const client = registryClient({
    url: `${source.oci?.plainHTTP === true ? 'http' : 'https'}://${HOSTS[registry] ?? registry}`,
    repository,
    // Whoever finds credentials says by himself what keeps him from it; the registry may do without.
    logins: (signal) => logins(`${registry}/${repository}`, { signal }).catch(() => []),
    timeoutMs: source.timeoutMs,
    now,
  });
  return {
    open: async (signal) => {
      const way = await connections.open();
      const shown = `oci://${registry}/${repository}`;
      const repositoryOf = repositoryReader({ client, way, signal, shown });
      let found: { readonly digest: string; readonly artifact: Artifact } | undefined;
      return {
        content: async ({ etag }) => {
          // A digest never has another content.
          if (pinned !== undefined && etag === pinned) return { type: 'notModified' };
          if (etag !== undefined) {
            const now = await repositoryOf.digestOf(pinned ?? tag);
            if (now.type === 'failed') return now;
            if (now.digest === etag) return { type: 'notModified' };
          }
          const fetched = await repositoryOf.artifact(pinned ?? tag, { pinned, known: etag, maxBytes: source.maxBytes });
          if (fetched.type !== 'artifact') return fetched;
          found = fetched;
          const { digest, manifest, content } = fetched;
          return { type: 'content', content, manifest, validators: { etag: digest } };
        },
        beside: async (suffix) => {
          if (found === undefined) return { type: 'missing', where: shown };
          // One limit for all that refers to it: whoever may push may make that as slow, and as much, as he likes.
          const limit = timeoutSignal(source.timeoutMs);
          using joined = joinSignals([signal, limit]);
          const beside = await repositoryReader({ client, way, signal: joined.signal, shown }).beside(found.artifact, found.digest, suffix);
          return limit.aborted && beside.type !== 'found'
            ? failed('TooSlow', `${shown}: what refers to it did not come within ${source.timeoutMs / 1_000} s`)
            : beside;
        },
      };
    },
    close: connections.close,
  };
};

interface RepositoryOptions {
  readonly client: RegistryClient;
  readonly way: Way;
  readonly signal: AbortSignal;
  readonly shown: string;
}

type FetchedArtifact = {
  readonly type: 'artifact';
  readonly artifact: Artifact;
  readonly digest: string;
  readonly manifest: Uint8Array;
  readonly content: Uint8Array;
};

type Fetched =
  | { readonly type: 'fetched'; readonly body: Uint8Array; readonly digest: string }
  | { readonly type: 'missing'; readonly what: string };

const digestOf = (algorithm: string, bytes: Uint8Array): string => `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
const algorithmOf = (digest: string): 'sha256' | 'sha512' => (digest.startsWith('sha512:') ? 'sha512' : 'sha256');

const repositoryReader = ({ client, way, signal, shown }: RepositoryOptions) => {
  const ask = (request: RegistryRequest) => client(request, { way, signal });
  const named = (reference: string): string => `${shown}${reference.includes(':') ? '@' : ':'}${reference}`;

  /** `digest`: what it must have. */
  const get = async (
    request: RegistryRequest & { readonly what: string; readonly digest?: string | undefined },
  ): Promise<Fetched | FetchFailed> => {
    const { what, digest } = request;
    const answer = await ask(request);
    if (answer.type === 'failed') return requestFailed(what, answer);
    if (answer.status === 404) return { type: 'missing', what };
    if (answer.status !== 200) return failed('HttpError', `${what}: answered ${answer.statusLine}${hintOf(answer.status)}`);
    const is = digestOf(algorithmOf(digest ?? ''), answer.body);
    if (digest !== undefined && is !== digest) return failed('HashMismatch', `${what}: it has the digest ${is}`);
    return { type: 'fetched', body: answer.body, digest: is };
  };

  const getManifest = (reference: string, digest: string | undefined) =>
    get({
      path: `manifests/${reference}`,
      accept: MANIFEST_TYPES.join(', '),
      maxBytes: MAX_MANIFEST_BYTES,
      what: named(reference),
      digest,
    });

  const getLayer = ({ digest, title }: ArtifactLayer, maxBytes: number) =>
    get({
      path: `blobs/${digest}`,
      maxBytes,
      digest,
      what: `${shown}: its layer ${title === undefined ? '' : `${JSON.stringify(title)} `}${digest}`,
    });

  const layerWith = (layers: readonly ArtifactLayer[], title: string | undefined, suffix: string): ArtifactLayer | undefined =>
    (title === undefined ? undefined : layers.find((layer) => layer.title === title + suffix)) ??
    layers.find((layer) => layer.title?.endsWith(suffix));

  const referrers = async (digest: string): Promise<readonly string[] | FetchFailed> => {
    const what = `${shown}: its referrers`;
    const listed = await get({ path: `referrers/${digest}`, accept: INDEX_TYPE, maxBytes: MAX_INDEX_BYTES, what });
    if (listed.type === 'failed' && listed.reason !== 'HttpError') return listed;
    const found = listed.type === 'fetched' ? parseReferrers(Buffer.from(listed.body).toString()) : undefined;
    if (found !== undefined) return found;
    // What clients do with registries that do not know of referrers: an index with a tag of the digest.
    const tagged = await get({ path: `manifests/${digest.replace(':', '-')}`, accept: INDEX_TYPE, maxBytes: MAX_INDEX_BYTES, what });
    if (tagged.type !== 'fetched') return tagged.type === 'missing' ? [] : tagged;
    return parseReferrers(Buffer.from(tagged.body).toString()) ?? [];
  };

  return {
    /** What a tag stands for now. */
    digestOf: async (reference: string): Promise<{ readonly type: 'digest'; readonly digest: string | undefined } | FetchFailed> => {
      const answer = await ask({ path: `manifests/${reference}`, method: 'HEAD', accept: MANIFEST_TYPES.join(', '), maxBytes: 0 });
      if (answer.type === 'failed') return requestFailed(named(reference), answer);
      // Whatever is wrong, the GET that follows says it.
      return { type: 'digest', digest: answer.status === 200 ? answer.header('docker-content-digest') : undefined };
    },
    /** `known`: the digest of what is here already. */
    artifact: async (
      reference: string,
      { pinned, known, maxBytes }: { readonly pinned: string | undefined; readonly known: string | undefined; readonly maxBytes: number },
    ): Promise<FetchedArtifact | { readonly type: 'notModified' } | FetchFailed> => {
      const what = named(reference);
      const manifest = await getManifest(reference, pinned);
      if (manifest.type === 'failed') return manifest;
      if (manifest.type === 'missing') return failed('NotFound', `${what}: there is no such artifact`);
      if (manifest.digest === known) return { type: 'notModified' };
      const parsed = parseArtifact(Buffer.from(manifest.body).toString());
      if (!parsed.ok) return failed('ArtifactInvalid', `${what}: ${parsed.message}`);
      const { content: layer } = parsed.artifact;
      if (layer.size > maxBytes)
        return failed('TooLarge', `${what}: its layer has ${layer.size} bytes, more than ${maxBytes}, the limit of the source`);
      const content = await getLayer(layer, maxBytes);
      if (content.type === 'failed') return content;
      if (content.type === 'missing') return failed('ArtifactInvalid', `${content.what}: it is not there`);
      if (content.body.length === 0)
        return failed('Empty', `${what}: its layer is empty; its Pods keep running (an empty PodList would remove them)`);
      return { type: 'artifact', artifact: parsed.artifact, digest: manifest.digest, manifest: manifest.body, content: content.body };
    },
    beside: async ({ content, beside }: Artifact, digest: string, suffix: string): Promise<FetchedBeside> => {
      const texts: Uint8Array[] = [];
      const take = async (layer: ArtifactLayer | undefined): Promise<FetchFailed | undefined> => {
        if (layer === undefined) return undefined;
        if (layer.size > MAX_BESIDE_BYTES)
          return failed('TooLarge', `${shown}: its layer ${JSON.stringify(layer.title)} has more than ${MAX_BESIDE_BYTES} bytes`);
        const got = await getLayer(layer, MAX_BESIDE_BYTES);
        if (got.type === 'failed') return got;
        if (got.type === 'fetched') texts.push(got.body);
        return undefined;
      };
      const own = layerWith(beside, content.title, suffix);
      const wrong = await take(own);
      if (wrong !== undefined) return wrong;
      if (texts.length > 0) return { type: 'found', texts };
      const refer = await referrers(digest);
      if (!isList(refer)) return refer;
      // Whoever may push may refer: what can't be read of them keeps none of the others back.
      for (const one of refer) {
        const manifest = await getManifest(one, one);
        if (signal.aborted) break;
        if (manifest.type !== 'fetched') continue;
        const layers = parseLayers(Buffer.from(manifest.body).toString());
        if (layers.ok) await take(layerWith(layers.layers, content.title, suffix));
      }
      return texts.length > 0
        ? { type: 'found', texts }
        : { type: 'missing', where: `${shown}@${digest} (a layer, or a referrer with one, whose title ends in ${suffix})` };
    },
  };
};

const isList = (value: readonly string[] | FetchFailed): value is readonly string[] => Array.isArray(value);

const hintOf = (status: number): string =>
  status === 401 || status === 403
    ? ' (see the credentials of docker that the kubelet reads: config.json in its root directory, or in .docker)'
    : '';
