export { criImages, criLogs } from './cri-housekeeping.js';
export { criRuntime } from './cri-runtime.js';
export type { CriRuntimeOptions, NetworkHook } from './cri-runtime-options.js';
export { type CredentialPluginsOptions, type CredentialProvider, credentialPlugins, joinCredentials } from './images/credential-plugins.js';
export { type DockerConfigCredentialsOptions, dockerConfigCredentials } from './images/docker-config-credentials.js';
export type { CredentialSource, ImageCredentials, PullSecrets, RegistryAuth, TrackedAuth } from './images/image-credentials.js';
export type { ImageRequest } from './images/image-puller.js';
export type {
  ImagePullCredentials,
  ImagePullRecords,
  ImagePullSecret,
  ImagePullServiceAccount,
  PodPullCredentials,
  PresentImage,
} from './images/pull-records.js';
export { type PullSecret, secretCredentials } from './images/secret-credentials.js';
export { createMountedImages } from './mounted-images.js';
export { type NodeFactsOptions, nodeFacts } from './node-facts.js';
export { OWNER_LABEL } from './owner-label.js';
