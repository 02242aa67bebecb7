export type { CriRuntimeOptions, NetworkHook, NetworkStatus } from './cri-runtime-options.js';
export type { ImageCredentials, RegistryAuth } from './images/image-credentials.js';
