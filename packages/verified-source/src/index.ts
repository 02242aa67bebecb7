export { createConnections } from './connections.js';
export { formatIssue, type PinnedHash, type Requirement, type SourceDefinition, type SourceFileIssue } from './core/source-definition.js';
export { isRefusal, type SourceReason, type SourceStatus } from './core/source-status.js';
export { readSourceDirectory, type SourceFile } from './read-source-directory.js';
export { VerifiedSourceError, type VerifiedSourceErrorCode } from './verified-source-error.js';
export {
  initialStatus,
  type VerifiedSourceOptions,
  type VerifiedSourceOutput,
  verifiedSourceOrigin,
  watchVerifiedSource,
} from './watch-verified-source.js';
