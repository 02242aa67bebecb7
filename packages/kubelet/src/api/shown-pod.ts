import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { SeenPod } from './first-seen.js';

/** A pod as the API shows it. One whose manifest has gone has a deletionTimestamp, as an API server would have given it: clients call it Terminating. */
export const shownPod = ({ view: { pod }, endingMs }: SeenPod): Pod =>
  endingMs === undefined || pod.metadata.deletionTimestamp !== undefined
    ? pod
    : { ...pod, metadata: { ...pod.metadata, deletionTimestamp: metaTime(endingMs) } };
