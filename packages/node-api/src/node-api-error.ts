import { defineFailure } from '@solo-kubelet/diagnostics';

export type NodeApiErrorCode = 'NODE_API_LISTEN' | 'NODE_API_CERTIFICATE' | 'NODE_API_TOKEN_FILE' | 'NODE_API_CLIENT_CA';

export const NodeApiError = defineFailure<NodeApiErrorCode>('NodeApiError');
