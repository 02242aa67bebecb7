import type { StoredObject } from '@solo-kubelet/api-server';
import { nameUid } from '@solo-kubelet/pod-spec/schema';

/** An object of the node, and the revisions that its controller keeps. */
export interface NodeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: StoredObject['metadata'];
  readonly revisions?: readonly ShownRevision[];
}

interface ShownRevision {
  readonly name: string;
  readonly revision: number;
  readonly template?: object;
  readonly changeCause?: string;
}

/** What is known of an object's age. */
export interface ShownSince {
  /** As it is shown until now. */
  readonly before: StoredObject | undefined;
  /** As the API of an earlier process showed it: clients know that time, be it a moment beside that of its file. */
  readonly earlier?: { readonly uid: string; readonly creationTimestamp: string } | undefined;
  /** For want of any other. */
  readonly createdText: string;
}

/** An object as the API shows it, with what the API alone keeps of it. */
export const shownObject = (
  { revisions: _revisions, ...object }: NodeObject,
  { before, earlier, createdText }: ShownSince,
): StoredObject => {
  const kept = before?.metadata;
  const uid = object.metadata.uid ?? nameUid(`${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`);
  const created =
    (kept?.uid === uid ? kept.creationTimestamp : undefined) ??
    (earlier?.uid === uid ? earlier.creationTimestamp : undefined) ??
    object.metadata.creationTimestamp ??
    createdText;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      uid,
      creationTimestamp: created,
      ...(kept?.uid === uid && keptOf(kept)),
    },
  };
};

/** What the API alone knows of an object: who set what, and that it is to go once others let it. */
const keptOf = ({
  managedFields,
  deletionTimestamp,
  deletionGracePeriodSeconds,
}: StoredObject['metadata']): Partial<StoredObject['metadata']> => ({
  ...(managedFields && { managedFields }),
  ...(deletionTimestamp !== undefined && { deletionTimestamp }),
  ...(deletionGracePeriodSeconds !== undefined && { deletionGracePeriodSeconds }),
});

type Labels = Readonly<Record<string, string>>;
interface Labelled {
  readonly metadata?: { readonly labels?: Labels };
}

/** The ControllerRevisions of a StatefulSet or DaemonSet, as `kubectl rollout` looks for them, with the labels that its controller gives them. */
export const controllerRevisions = ({ kind, apiVersion, metadata, revisions = [], ...rest }: NodeObject): readonly NodeObject[] => {
  if (kind !== 'StatefulSet' && kind !== 'DaemonSet') return [];
  const { spec } = rest as { readonly spec?: { readonly selector?: { readonly matchLabels?: Labels } } };
  return revisions.map(({ name, revision, template, changeCause }) => {
    const hash = name.slice(name.lastIndexOf('-') + 1);
    const labels =
      kind === 'StatefulSet'
        ? { ...spec?.selector?.matchLabels, 'controller.kubernetes.io/hash': hash }
        : { ...(template as Labelled | undefined)?.metadata?.labels, 'controller-revision-hash': hash };
    const annotations = {
      ...(kind === 'DaemonSet' && { 'deprecated.daemonset.template.generation': String(revision) }),
      ...(changeCause !== undefined && { 'kubernetes.io/change-cause': changeCause }),
    };
    return {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name,
        namespace: metadata.namespace ?? 'default',
        labels,
        ...(Object.keys(annotations).length > 0 && { annotations }),
        ownerReferences: [
          { apiVersion, kind, name: metadata.name ?? '', uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true },
        ],
      },
      revision,
      data: { spec: { template: { ...template, $patch: 'replace' } } },
    };
  }) as readonly NodeObject[];
};
