import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import { configHashAnnotation, isApiPod, type ObjectMeta, type Pod, type PodSpec } from '@solo-kubelet/pod-spec';
import { fnv1a128 } from '@solo-kubelet/pod-spec/schema';
import { contentText } from './pod-parts.js';

/** An event that asks for Pods: one Pod, or an object whose template makes them. */
export type Asking = Extract<ManifestEvent, { type: 'applied' | 'objectApplied' }>;

/** What admission looks at. */
export interface AdmissionSubject {
  /** `Pod`, or the kind of the workload. */
  readonly kind: string;
  readonly apiVersion: string;
  /** As an API server names it in messages: `pods`, `deployments.apps`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The Pod, or what Pods of the template would be like. */
  readonly pod: Pod;
}

interface Template {
  readonly metadata?: ObjectMeta;
  readonly spec?: PodSpec;
}

interface Holder {
  readonly spec?: { readonly template?: Template; readonly jobTemplate?: { readonly spec?: { readonly template?: Template } } };
}

/** Kinds whose objects make Pods, and their resources. */
const WORKLOADS: ReadonlyMap<string, string> = new Map([
  ['Deployment', 'deployments.apps'],
  ['ReplicaSet', 'replicasets.apps'],
  ['StatefulSet', 'statefulsets.apps'],
  ['DaemonSet', 'daemonsets.apps'],
  ['Job', 'jobs.batch'],
  ['CronJob', 'cronjobs.batch'],
]);

/** An object as a manifest, or a client, has it. */
export interface AskingObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

const templateOf = ({ spec }: Holder): Template | undefined => spec?.template ?? spec?.jobTemplate?.spec?.template;

/** What of an object becomes Pods; undefined: nothing. */
export const subjectOf = (object: AskingObject): AdmissionSubject | undefined => {
  const { apiVersion, kind, metadata } = object;
  const { namespace = 'default', name = '', uid = '' } = metadata;
  const named = { kind, apiVersion, namespace, name, uid };
  if (apiVersion === 'v1' && kind === 'Pod') return { ...named, resource: 'pods', pod: object as unknown as Pod };
  const resource = WORKLOADS.get(kind);
  const template = resource === undefined ? undefined : templateOf(object as Holder);
  if (resource === undefined || template?.spec === undefined) return undefined;
  const { labels, annotations } = template.metadata ?? {};
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: template.spec,
  };
  return { ...named, resource, pod };
};

/** The same of an event. */
export const subjectOfEvent = (event: Asking): AdmissionSubject | undefined =>
  event.type === 'objectApplied' ? subjectOf(event.object) : subjectOf({ ...event.pod, apiVersion: 'v1', kind: 'Pod' });

/** An object whose Pods are as `pod`. */
const withTemplate = <T extends AskingObject>(object: T, { metadata: { labels, annotations }, spec }: Pod): T => {
  const changed = (template: Template): Template => ({
    ...template,
    metadata: { ...template.metadata, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec,
  });
  const holder = object as Holder;
  const { template, jobTemplate } = holder.spec ?? {};
  const own = jobTemplate?.spec;
  const more =
    template === undefined
      ? { jobTemplate: { ...jobTemplate, spec: { ...own, template: changed(own?.template ?? {}) } } }
      : { template: changed(template) };
  return { ...object, spec: { ...holder.spec, ...more } };
};

/** An object as it is asked for once what it makes is admitted as `outcome`. */
export const withOutcome = <T extends AskingObject>(object: T, outcome: Pod): T =>
  object.kind === 'Pod' ? { ...object, metadata: outcome.metadata, spec: outcome.spec } : withTemplate(object, outcome);

/** What is asked for once it is admitted as `outcome`, with the identity `uid` where it is a Pod. */
export const admittedEvent = (asked: Asking, outcome: Pod, uid: string | undefined): Asking => {
  if (asked.type === 'objectApplied') return { ...asked, object: withTemplate(asked.object, outcome) };
  const { metadata } = outcome;
  if (uid === undefined || uid === metadata.uid) return { ...asked, pod: outcome };
  const annotations = { ...metadata.annotations, [configHashAnnotation]: uid };
  return { ...asked, pod: { ...outcome, metadata: { ...metadata, uid, annotations } } };
};

/** Such as upstream's kubelet, and this one, make of a manifest that brings none. */
const DERIVED_UID = /^[0-9a-f]{32}$/;

export interface LastIdentity {
  /** The identity that the document had. */
  readonly asked: string;
  /** The one that its Pod got. */
  readonly given: string;
  /** Somebody wrote the given one into the document: it stays. */
  readonly pinned: boolean;
}

/**
 * The identity of an admitted Pod. A Pod of a file that comes out differently is another Pod, as after an edit of the file; one that has its identity from
 * an API, or from whoever wrote the file, keeps it.
 */
export const identityOf = (asked: Pod, outcome: Pod, last: LastIdentity | undefined): LastIdentity => {
  const uid = asked.metadata.uid ?? '';
  const pinned = last !== undefined && (last.asked === uid ? last.pinned : last.given === uid && last.asked !== last.given);
  const stays = pinned || isApiPod(asked) || !DERIVED_UID.test(uid) || contentText(asked) === contentText(outcome);
  const given = stays ? uid : fnv1a128(new TextEncoder().encode(`${uid}\n${contentText(outcome)}`));
  return { asked: uid, given, pinned };
};
