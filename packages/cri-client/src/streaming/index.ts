export { attach, exec, portForward, type SessionStreams } from './in-runtime.js';
export { openPortStream, type PortStream, type PortStreamOptions } from './port-stream.js';
export { type RemoteCommandOptions, type RemoteCommandResult, runRemoteCommand, type TerminalSize } from './remote-command.js';
export { StreamError } from './stream-error.js';
export type { StreamEndpoint } from './upgrade.js';
