import { defineFailure } from '@solo-kubelet/diagnostics';

export type ResourceManagersErrorCode =
  /** The configuration asks for what this machine can't give. */
  | 'RESOURCES_CONFIGURATION_INVALID'
  /** A state file of an earlier kubelet can't be used with this configuration or on this machine. */
  | 'RESOURCES_STATE_UNUSABLE'
  /** What was given can't be recorded. */
  | 'RESOURCES_STATE_UNWRITABLE';

/** Why resource managers can't start, or can't give what they should. */
export const ResourceManagersError = defineFailure<ResourceManagersErrorCode>('ResourceManagersError');
