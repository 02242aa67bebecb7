export { CliError, type CliErrorCode } from './cli-error.js';
export type { CliInput, CliIo, CliOutput, TextOutput } from './cli-io.js';
export { EXIT } from './exit-status.js';
export { main } from './main.js';
