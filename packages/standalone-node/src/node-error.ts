import { defineFailure } from '@solo-kubelet/diagnostics';

export type NodeErrorCode =
  | 'NODE_PREREQUISITE_MISSING'
  | 'NODE_CONTAINERD_FAILED'
  | 'NODE_IMAGE_IMPORT_FAILED'
  | 'NODE_HOST_UNSUITABLE'
  | 'NODE_NOT_FOUND'
  | 'NODE_NOT_REMOVED';

/** What keeps a node from being made, or from going. */
export const NodeError = defineFailure<NodeErrorCode>('NodeError');
export type NodeError = InstanceType<typeof NodeError>;
