import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { Pod } from '@solo-kubelet/pod-spec';
import { podReferences } from './pod-references.js';

type ObjectApplied = Extract<ManifestEvent, { type: 'objectApplied' }>;

/** Whether a Pod refers to an object, and so may go on, or have its volumes written anew, when the object comes or changes. */
export const isUserOf = (pod: Pick<Pod, 'metadata' | 'spec'>, { object }: Pick<ObjectApplied, 'object'>): boolean => {
  const { kind, metadata } = object;
  if (metadata.namespace !== undefined && metadata.namespace !== (pod.metadata.namespace ?? 'default')) return false;
  return podReferences(pod).some((reference) => reference.kind === kind && reference.name === metadata.name);
};
