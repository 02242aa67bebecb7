export { criImages, criLogs } from './cri-housekeeping.js';
export { criRuntime } from './cri-runtime.js';
export type { CriRuntimeOptions, NetworkHook } from './cri-runtime-options.js';
export { type CredentialPluginsOptions, type CredentialProvider, credentialPlugins, joinCredentials } from './images/credential-plugins.js';
export { type DockerConfigCredentialsOptions, dockerConfigCredentials } from './images/docker-config-credentials.js';
export type { ImageCredentials, RegistryAuth } from './images/image-credentials.js';
export { type ImageReference, parseImageReference } from './images/image-reference.js';
export { createMountedImages } from './mounted-images.js';
export { OWNER_LABEL } from './owner-label.js';
