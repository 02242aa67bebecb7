export { readRevision } from './answer/read-revision.js';
export type { CommandAnswer } from './checker/checker.js';
export { createConnections } from './connections.js';
export type { AwsCredentials } from './core/aws-credentials.js';
export { BUNDLE_URL, isBundleUrl } from './core/bundle-url.js';
export {
  IMAGE_LIST_API_VERSION,
  IMAGE_LIST_FILE,
  IMAGE_LIST_KIND,
  type ImageList,
  INDEX_TYPES,
  isDigest,
  type ListedBlob,
  type ListedImage,
  MANIFEST_TYPES,
  parseImageList,
} from './core/image-list.js';
export { bytesText } from './core/images/progress-text.js';
export type { ImageLocation, SourceImage } from './core/images/source-image.js';
export { type BucketUrl, parseBucketUrl } from './core/parse-bucket-url.js';
export type { SourceHealth } from './core/rollout/decide-rollout.js';
export { ROLLOUT_COMMANDS, type RolloutCommand } from './core/rollout/rollout.js';
export type { PinnedHash, Requirement, SourceDefinition } from './core/source-definition.js';
export { type ImageFetch, isRefusal, type RolloutStatus, type SourceReason, type SourceStatus } from './core/source-status.js';
export type { BlobFiles } from './images/blob-files.js';
export {
  type Descriptor,
  MAX_IMAGE_DOCUMENT_BYTES,
  MAX_INDEX_DEPTH,
  platformOfConfig,
  readDescriptor,
  readImageDocument,
} from './images/image-documents.js';
export type { DiskSpace, ImageRoom } from './images/image-room.js';
export type { LoadedImage, RuntimeImages } from './images/runtime-images.js';
export { type InspectedOffer, type InspectOfferOptions, inspectOffer } from './inspect-offer.js';
export { type OfferedAnswer, readOffer, writeOffer } from './offers.js';
export { type Bucket, type BucketFailed, type ListedKey, type OpenBucketOptions, openBucket } from './places/open-bucket.js';
export { readAwsCredentials } from './places/read-aws-credentials.js';
export type { RegistryLogin, RegistryLogins } from './places/registry-client.js';
export { readKeptImages } from './read-kept-images.js';
export { readVerificationKeys, type VerificationKey } from './signatures/verification-keys.js';
export type { DetachedSignature } from './signatures/verify-answer.js';
export { type ParsedSourceFile, type ParseSourceFileOptions, parseSourceFile } from './source-file/parse-source-file.js';
export { readSourceDirectory, type SourceFile } from './source-file/read-source-directory.js';
export { VerifiedSourceError, type VerifiedSourceErrorCode } from './verified-source-error.js';
export {
  initialStatus,
  type SourceCommand,
  type VerifiedSourceOptions,
  type VerifiedSourceOutput,
  verifiedSourceOrigin,
  watchVerifiedSource,
} from './watch-verified-source.js';
