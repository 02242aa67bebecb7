import { templateHash } from '../child-names.js';
import type { ObservedPod } from '../pod-state.js';
import { isSameJson } from '../same-json.js';
import type { PodTemplate } from './identity.js';
import type { StatefulRevision } from './stateful-set.js';

export const REVISION_LABEL = 'controller-revision-hash';
const MAX_BASE_LENGTH = 223;

export const revisionOf = ({ metadata }: ObservedPod): string => metadata.labels?.[REVISION_LABEL] ?? '';

/** What has revisions: a StatefulSet, a DaemonSet. */
interface Revised {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly template: PodTemplate };
}

/** The revisions with one for the present template, which has the highest number and comes last (stateful_set_control.go getStatefulSetRevisions). */
export const withUpdateRevision = ({ metadata, spec }: Revised, revisions: readonly StatefulRevision[]): readonly StatefulRevision[] => {
  const sorted = revisions.toSorted((a, b) => a.revision - b.revision);
  const equal = sorted.findLast((revision) => isSameJson(revision.template, spec.template));
  if (equal !== undefined && equal === sorted.at(-1)) return sorted;
  const number = (sorted.at(-1)?.revision ?? 0) + 1;
  if (equal !== undefined) return [...sorted.filter((revision) => revision !== equal), { ...equal, revision: number }];
  let collisions = 0;
  const nameFor = (): string => `${metadata.name.slice(0, MAX_BASE_LENGTH)}-${templateHash(spec.template, collisions)}`;
  while (sorted.some(({ name }) => name === nameFor())) collisions += 1;
  return [...sorted, { name: nameFor(), revision: number, template: spec.template }];
};

/** Without the oldest of those that no Pod has and that are neither current nor update revision, beyond the limit; a negative one keeps all. */
export const withoutOldRevisions = (
  revisions: readonly StatefulRevision[],
  live: ReadonlySet<string>,
  limit: number | undefined,
): readonly StatefulRevision[] => {
  if (limit === undefined || limit < 0) return revisions;
  const unused = revisions.filter(({ name }) => !live.has(name));
  const gone = new Set(unused.slice(0, Math.max(unused.length - limit, 0)));
  return gone.size === 0 ? revisions : revisions.filter((revision) => !gone.has(revision));
};
