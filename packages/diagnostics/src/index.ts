export { assertNever, defineFailure, describeError, type Failure, type FailureClass, type FailureOptions, isAbort } from './failure.js';
export { type LogFields, type Logger, silentLogger } from './logger.js';
export { MAX_SOCKET_PATH_BYTES, type SocketPathFault, socketPathFault } from './socket-path.js';
