import type { ApiObject, ObjectTypes } from '@solo-kubelet/object-spec';
import { diffValues, type FieldChange } from './diff-pods.js';

export interface ObjectChange {
  readonly type: 'created' | 'configured' | 'unchanged';
  readonly fields: readonly FieldChange[];
  /** What becomes of Pods, as sentences. */
  readonly effects: readonly string[];
}

/** What would become of an object if its manifest said `after`, and of which Pods. `before`: as its manifest says it now. */
export const diffObjects = (before: ApiObject | undefined, after: ApiObject): ObjectChange => {
  if (before === undefined) return { type: 'created', fields: [], effects: [] };
  const fields = diffValues(comparable(before), comparable(after), '').map(withoutSecrets(after));
  if (fields.length === 0) return { type: 'unchanged', fields, effects: [] };
  return { type: 'configured', fields, effects: [...effectsOf(after, fields), ...sizeEffects(before, after)] };
};

const comparable = (object: ApiObject): object => {
  const { metadata, ...rest } = object as ApiObject & { readonly status?: unknown };
  const { labels, annotations } = metadata;
  return { metadata: { labels, annotations }, ...(({ apiVersion: _version, kind: _kind, status: _status, ...others }) => others)(rest) };
};

/** What a Secret says is never shown. */
const withoutSecrets =
  ({ kind }: ApiObject) =>
  (change: FieldChange): FieldChange =>
    kind === 'Secret' && !change.field.startsWith('metadata')
      ? { ...change, before: shape(change.before), after: shape(change.after) }
      : change;
const shape = (value: unknown): unknown => (value === undefined ? undefined : '(not shown)');

const first = (fields: readonly FieldChange[]): string =>
  `${fields[0]?.field}${fields.length > 1 ? ` and ${fields.length - 1} more` : ''} changed`;

const effectsOf = (object: ApiObject, fields: readonly FieldChange[]): readonly string[] => {
  const template = fields.filter(({ field }) => field.startsWith('spec.template'));
  switch (object.kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
      return [template.length === 0 ? 'its Pods run on' : `its Pods are replaced${whenOf(object)}, since ${first(template)}`];
    case 'ReplicaSet':
      return template.length === 0 ? [] : ['its Pods run on; those to come are of the new template'];
    case 'CronJob':
      return fields.some(({ field }) => field.startsWith('spec.jobTemplate'))
        ? ['the next Job is of the new template; one that runs goes on']
        : [];
    case 'Job': {
      const anew = fields.filter(({ field }) => !MUTABLE_OF_JOB.has(field));
      return anew.length === 0 ? [] : [`it runs anew, since ${first(anew)}`];
    }
    default:
      return [];
  }
};

/** Where Pods are not replaced at once. */
const whenOf = (object: ApiObject): string => {
  const spec = (object as { readonly spec?: Rolled }).spec;
  if (spec?.paused) return ' once it is resumed';
  return spec?.updateStrategy?.type === 'OnDelete' ? ' as they are deleted' : '';
};
interface Rolled {
  readonly paused?: boolean;
  readonly updateStrategy?: { readonly type?: string };
  readonly replicas?: number;
}

const sizeEffects = (before: ApiObject, after: ApiObject): readonly string[] => {
  if (!SIZED.has(after.kind)) return [];
  const [was, is] = [before, after].map((object) => (object as { readonly spec?: Rolled }).spec?.replicas ?? 1);
  const more = is! - was!;
  if (more === 0) return [];
  const pods = Math.abs(more) === 1 ? '1 Pod' : `${Math.abs(more)} Pods`;
  return [more > 0 ? `${pods} more ${Math.abs(more) === 1 ? 'starts' : 'start'}` : `${pods} ${Math.abs(more) === 1 ? 'ends' : 'end'}`];
};
const SIZED: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'ReplicaSet']);

/** Fields of a Job that may be changed while it runs (batch/validation ValidateJobSpecUpdate). */
const MUTABLE_OF_JOB: ReadonlySet<string> = new Set([
  ...['parallelism', 'suspend', 'activeDeadlineSeconds', 'backoffLimit', 'maxFailedIndexes', 'ttlSecondsAfterFinished'].map(
    (name) => `spec.${name}`,
  ),
  'metadata.labels',
  'metadata.annotations',
]);

/** A workload that refers to a ConfigMap or Secret; `rolls`: a change of that replaces its Pods (decision 253). */
export interface ObjectUser {
  readonly workload: ApiObject;
  readonly rolls: boolean;
}

export const objectUsers = (changed: ApiObject, workloads: readonly ApiObject[]): readonly ObjectUser[] => {
  const kind = changed.kind;
  if (kind !== 'ConfigMap' && kind !== 'Secret') return [];
  const { name, namespace } = changed.metadata;
  return workloads.flatMap((workload) => {
    const template = (workload as ObjectTypes['Deployment']).spec?.template;
    if (template === undefined || workload.metadata.namespace !== namespace || !mentions(template, kind, name ?? '')) return [];
    const rolls = Object.entries(workload.metadata.annotations ?? {}).some(([key, value]) => restartsFor(key, value, kind, name ?? ''));
    return [{ workload, rolls }];
  });
};

/** Workloads of files that would be rolled when a ConfigMap or Secret changes, or whose Pods see it at once, as sentences. */
export const usersOf = (changed: ApiObject, workloads: readonly ApiObject[]): readonly string[] =>
  objectUsers(changed, workloads).map(({ workload, rolls }) => {
    const what = `${workload.kind.toLowerCase()}/${workload.metadata.name}`;
    return rolls
      ? `the Pods of ${what} are replaced, since it is to be restarted on change`
      : `the Pods of ${what} see it in their volumes at once, in variables after their next start`;
  });

const restartsFor = (key: string, value: string, kind: 'ConfigMap' | 'Secret', name: string): boolean => {
  const reloader = 'reloader.stakater.com';
  const own = kind.toLowerCase();
  if (key === 'restart-on-change.solo-kubelet.dev')
    return value === 'true' || value.split(',').some((one) => one.trim() === `${own}/${name}`);
  if (key === `${reloader}/auto` || key === `${own}.${reloader}/auto`) return value === 'true';
  return key === `${own}.${reloader}/reload` && value.split(',').some((one) => one.trim() === name);
};

/** Whether a template refers to the object, wherever in it. */
const mentions = (template: unknown, kind: 'ConfigMap' | 'Secret', name: string): boolean => {
  if (Array.isArray(template)) return template.some((one) => mentions(one, kind, name));
  if (typeof template !== 'object' || template === null) return false;
  const fields = kind === 'ConfigMap' ? ['configMap', 'configMapRef', 'configMapKeyRef'] : ['secret', 'secretRef', 'secretKeyRef'];
  return Object.entries(template).some(([key, value]) => {
    const reference = value as { readonly name?: string; readonly secretName?: string } | null;
    if (fields.includes(key) && (reference?.name === name || reference?.secretName === name)) return true;
    return mentions(value, kind, name);
  });
};
