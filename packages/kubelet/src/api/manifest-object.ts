import type { ManifestState } from '@solo-kubelet/manifest-source';
import type { ManifestObject } from '@solo-kubelet/node-api';

/** What `get manifests` shows of one document. */
export const manifestObject = ({ origin, state, podKey, objectKey, podUid, message, issues, by }: ManifestState): ManifestObject => ({
  source: origin.source,
  path: origin.path,
  document: origin.document,
  state,
  ...(podKey === undefined ? {} : { pod: podKey }),
  ...(objectKey === undefined ? {} : { object: objectKey }),
  ...(podUid === undefined ? {} : { podUid }),
  ...(message === '' ? {} : { message }),
  ...(by === undefined ? {} : { by: by.path }),
  issues,
});
