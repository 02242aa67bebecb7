export { type CheckedManifest, type CheckManifestOptions, checkManifest } from './check-manifest.js';
export { type FetchedManifest, type FetchFailure, type FetchManifestOptions, fetchManifest } from './fetch-manifest.js';
export {
  type HttpAnswer,
  type HttpCertificates,
  type HttpConnections,
  type HttpConnectionsOptions,
  type HttpRequest,
  httpConnections,
} from './http/http-connections.js';
export {
  type ManifestEvent,
  type ManifestOrigin,
  type ManifestSourceKind,
  originKey,
  type ParsedManifestDocument,
  type ParseManifest,
  type PrepareManifest,
  podKeyOf,
} from './manifest-event.js';
export { ManifestSourceError, type ManifestSourceErrorCode } from './manifest-source-error.js';
export {
  emptyObjectStore,
  findObject,
  listObjects,
  type ObjectOfKind,
  type ObjectStore,
  objectStores,
  reduceObjects,
} from './object-store.js';
export { MAX_MANIFEST_BYTES } from './read-listing.js';
export { redactUrl } from './redact-url.js';
export {
  emptyManifestStates,
  type ManifestSourceState,
  type ManifestState,
  type ManifestStates,
  reduceManifests,
} from './reduce-manifests.js';
export {
  letGo,
  type OpenedResponse,
  type OpenRequestOptions,
  openResponse,
  type RequestBytesOptions,
  type RequestedBytes,
  type RequestFailure,
  requestBytes,
  requestFailure,
} from './request-bytes.js';
export { readRequestHeaders, readRequestUrl } from './request-target.js';
export { type ShadowOptions, shadowDuplicates } from './shadow-duplicates.js';
export { mapWith, mapWithout } from './versioned-map/versioned-map.js';
export { type ManifestAnswer, type ManifestAnswersOptions, watchManifestAnswers } from './watch-manifest-answers.js';
export { type ManifestDirectoryOptions, watchManifestDirectory } from './watch-manifest-directory.js';
export { type ManifestUrlOptions, watchManifestUrl } from './watch-manifest-url.js';
