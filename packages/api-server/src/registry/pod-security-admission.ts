import type { ObjectMeta, PodSpec } from '@solo-kubelet/pod-spec';
import {
  compareLevels,
  evaluatePod,
  isSameLevel,
  type LevelAt,
  levelText,
  readPolicy,
  type SecurityPolicy,
  violationText,
} from '@solo-kubelet/pod-spec/pod-security';
import { createReport } from '@solo-kubelet/pod-spec/schema';
import type { RequestContext } from '../context.js';
import type { ApiResource } from '../resources/api-resource.js';
import { forbidden, invalid } from '../status/api-error.js';
import type { StoredObject, Values } from '../stored-object.js';
import { isSameJson } from './same-json.js';
import { qualifiedKind, qualifiedResource } from './write-object.js';

interface Checked {
  readonly metadata?: ObjectMeta;
  readonly spec: PodSpec;
}

const templateOf = (values: unknown): unknown => (values as Values | undefined)?.['template'];

/** What of an object becomes a Pod. */
const podOf = (object: StoredObject): Checked | undefined => {
  const { kind, spec } = object;
  const found =
    kind === 'Pod'
      ? object
      : kind === 'PodTemplate'
        ? templateOf(object)
        : kind === 'CronJob'
          ? templateOf((spec?.['jobTemplate'] as Values | undefined)?.['spec'])
          : templateOf(spec);
  const { metadata, spec: podSpec } = (found ?? {}) as Partial<Checked>;
  return podSpec === undefined ? undefined : { ...(metadata && { metadata }), spec: podSpec };
};

const WORKLOADS: ReadonlySet<string> = new Set([
  ...['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'ReplicationController', 'PodTemplate'],
]);

/** Parts of a Pod that cannot make it do more. */
const FREE_SUBRESOURCES: ReadonlySet<string> = new Set(['status', 'binding', 'eviction']);

const read = (object: StoredObject | undefined) => {
  const report = createReport();
  return { policy: readPolicy(object?.metadata.labels ?? {}, report), errors: report.errors };
};

const isFree = ({ enforce, audit, warn }: SecurityPolicy): boolean => [enforce, audit, warn].every(({ level }) => level === 'privileged');

type Images = readonly { readonly name?: string; readonly image?: string }[];

/** Whether a change of a Pod may be one of what it does: the rest of a running Pod cannot change. */
const isSignificant = (now: PodSpec, old: PodSpec): boolean => {
  const differs = (a: Images = [], b: Images = []): boolean => a.length !== b.length || a.some(({ image }, i) => image !== b[i]?.image);
  const debuggers: Images = old.ephemeralContainers ?? [];
  const isKnown = ({ name, image }: Images[number]): boolean => debuggers.find((each) => each.name === name)?.image === image;
  return (
    differs(now.containers, old.containers) ||
    differs(now.initContainers, old.initContainers) ||
    ((now.ephemeralContainers ?? []) as Images).some((each) => !isKnown(each) || !debuggers.some(({ name }) => name === each.name))
  );
};

/** @throws ApiError 403 */
const admitPod = (ctx: RequestContext, resource: ApiResource, object: StoredObject, old: StoredObject | undefined): void => {
  const { policy, errors } = read(ctx.parts.store.get('namespaces', object.metadata.namespace ?? ''));
  if (errors.length === 0 && isFree(policy)) return;
  const pod = podOf(object);
  if (pod === undefined) return;
  const isPod = resource.kind === 'Pod';
  if (isPod && old !== undefined && !isSignificant(pod.spec, podOf(old)!.spec)) return;
  // Controllers are only told of what would become of their Pods, unless nobody would hold these against it later.
  const isNewTemplate = ctx.parts.enforcesOnTemplates === true && (old === undefined || !isSameJson(podOf(old), pod));
  const refused = isPod || isNewTemplate ? evaluatePod(policy.enforce, pod) : [];
  if (refused.length > 0) {
    const why = `violates PodSecurity "${levelText(policy.enforce)}": ${violationText(refused)}`;
    throw forbidden(qualifiedResource(resource), object.metadata.name ?? '', why);
  }
  const warned = evaluatePod(policy.warn, pod);
  if (warned.length > 0) ctx.warn(`would violate PodSecurity "${levelText(policy.warn)}": ${violationText(warned)}`);
};

const MAX_PODS = 3_000;

const controllerOf = ({ metadata }: StoredObject): string | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;

/** One Pod of each controller comes first, since the others are like it. */
const representatives = (pods: readonly StoredObject[]): readonly StoredObject[] => {
  const seen = new Set<string>();
  const [first, rest]: StoredObject[][] = [[], []];
  for (const pod of pods) {
    const owner = controllerOf(pod);
    (owner !== undefined && seen.has(owner) ? rest! : first!).push(pod);
    if (owner !== undefined) seen.add(owner);
  }
  return [...first!, ...rest!];
};

/** Warns of Pods that are there already and would not come in any more. */
const warnOfPods = (ctx: RequestContext, namespace: string, enforce: LevelAt): void => {
  const all = representatives(ctx.parts.store.list('pods', namespace));
  const found = new Map<string, string[]>();
  for (const pod of all.slice(0, MAX_PODS)) {
    const reasons = evaluatePod(enforce, podOf(pod)!).map(({ reason }) => reason);
    if (reasons.length === 0) continue;
    const text = reasons.join(', ');
    found.set(text, [...(found.get(text) ?? []), pod.metadata.name ?? '']);
  }
  if (all.length > MAX_PODS) {
    ctx.warn(`new PodSecurity enforce level only checked against the first ${MAX_PODS} of ${all.length} existing pods`);
  }
  if (found.size > 0) {
    ctx.warn(`existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${levelText(enforce)}"`);
  }
  const others = (count: number): string => (count === 0 ? '' : count === 1 ? ' (and 1 other pod)' : ` (and ${count} other pods)`);
  const lines = [...found].map(([text, names]) => `${[...names].sort()[0]}${others(names.length - 1)}: ${text}`);
  for (const line of lines.sort()) ctx.warn(line);
};

/** @throws ApiError 422 */
const admitNamespace = (ctx: RequestContext, resource: ApiResource, object: StoredObject, old: StoredObject | undefined): void => {
  const [now, before] = [read(object), read(old)];
  if (now.errors.length > 0 && !isSameJson(now.errors, before.errors)) {
    throw invalid(qualifiedKind(resource), object.metadata.name ?? '', now.errors);
  }
  if (old === undefined) return;
  const [{ enforce }, { enforce: was }] = [now.policy, before.policy];
  if (isSameLevel(enforce, was) || enforce.level === 'privileged') return;
  if (enforce.minor === was.minor && compareLevels(enforce.level, was.level) < 1) return;
  warnOfPods(ctx, object.metadata.name ?? '', enforce);
};

/**
 * Holds Pods against what their namespace's labels ask for (plugin PodSecurity, without exemptions): refuses or warns. There is no log for an auditor
 * here, so what would be written there is not worked out. @throws ApiError 403, 422
 */
export const admitPodSecurity = (
  ctx: RequestContext,
  resource: ApiResource,
  object: StoredObject,
  old: StoredObject | undefined,
  subresource = '',
): void => {
  if (resource.group === '' && resource.kind === 'Namespace') {
    if (subresource === '') admitNamespace(ctx, resource, object, old);
  } else if (resource.kind === 'Pod' ? !FREE_SUBRESOURCES.has(subresource) : WORKLOADS.has(resource.kind) && subresource === '') {
    admitPod(ctx, resource, object, old);
  }
};
