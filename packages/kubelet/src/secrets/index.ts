export { decryptManifest, encryptManifest, MAX_RECIPIENTS } from './age-file.js';
export { AGE_IDENTITY_FILE, makeIdentity, readIdentities, recipientsOf } from './age-identity.js';
export { SecretError, type SecretErrorCode } from './secret-error.js';
