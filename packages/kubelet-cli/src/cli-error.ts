import { defineFailure } from '@solo-kubelet/diagnostics';

export type CliErrorCode =
  | 'CLI_USAGE'
  | 'CLI_PREREQUISITE_MISSING'
  | 'CLI_RUNTIME_UNREACHABLE'
  | 'CLI_KUBELET_UNREACHABLE'
  | 'CLI_NOT_FOUND'
  | 'CLI_REFUSED'
  | 'CLI_BUNDLE_REFUSED'
  | 'CLI_PORT_IN_USE'
  | 'CLI_HOST_UNSUITABLE';

/** What stops a command; `code` decides the exit status (see exit-status.ts). */
export const CliError = defineFailure<CliErrorCode>('CliError');
export type CliError = InstanceType<typeof CliError>;
