import { compareQuantities, formatQuantity, type Pod, podLimits, podRequests, quantityMilliValue } from '@solo-kubelet/pod-spec';
import type { RequestContext } from '../context.js';
import { forbidden } from '../status/api-error.js';
import { innerOf, type ObjectDraft, type StoredObject, type Values } from '../stored-object.js';

type List = Readonly<Record<string, string>>;

interface LimitItem {
  readonly type: string;
  readonly max?: List;
  readonly min?: List;
  readonly default?: List;
  readonly defaultRequest?: List;
  readonly maxLimitRequestRatio?: List;
}

interface Resources {
  limits?: Record<string, string>;
  requests?: Record<string, string>;
}

const ANNOTATION = 'kubernetes.io/limit-ranger';

const itemsOf = ({ spec = {} }: StoredObject): readonly LimitItem[] => (spec['limits'] ?? []) as readonly LimitItem[];

const rangesFor = (ctx: RequestContext, { metadata }: ObjectDraft): readonly StoredObject[] =>
  ctx.parts.store.list('limitranges', `${metadata.namespace ?? ''}/`);

const containersOf = (draft: ObjectDraft, name: 'containers' | 'initContainers'): readonly Values[] =>
  (draft.spec?.[name] ?? []) as readonly Values[];

const missing = (into: Record<string, string>, from: List): readonly string[] => {
  const added = Object.keys(from).filter((name) => into[name] === undefined);
  for (const name of added) into[name] = from[name]!;
  return added.sort();
};

/** Gives containers the amounts that a LimitRange says, and notes so (plugin LimitRanger). */
export const applyLimitRanges = (ctx: RequestContext, draft: ObjectDraft): void => {
  for (const range of rangesFor(ctx, draft)) {
    const notes: string[] = [];
    const items = itemsOf(range).filter(({ type }) => type === 'Container');
    if (items.length === 0) continue;
    const limits = Object.assign({}, ...items.map((item) => item.default ?? {})) as List;
    const requests = Object.assign({}, ...items.map((item) => item.defaultRequest ?? {})) as List;
    for (const [name, word] of [
      ['containers', 'container'],
      ['initContainers', 'init container'],
    ] as const) {
      for (const container of containersOf(draft, name)) {
        const resources = innerOf(container, 'resources') as Resources;
        resources.requests ??= {};
        resources.limits ??= {};
        const ownRequests = resources.requests;
        const ownLimits = resources.limits;
        const setLimits = missing(ownLimits, limits);
        const setRequests = missing(ownRequests, requests);
        if (setRequests.length > 0) notes.push(`${setRequests.join(', ')} request for ${word} ${container['name']}`);
        if (setLimits.length > 0) notes.push(`${setLimits.join(', ')} limit for ${word} ${container['name']}`);
        if (Object.keys(ownRequests).length === 0) delete resources.requests;
        if (Object.keys(ownLimits).length === 0) delete resources.limits;
      }
    }
    // The next range's note takes its place.
    if (notes.length > 0)
      draft.metadata.annotations = { ...draft.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}` };
  }
};

/** What is wrong with a request and a limit by the least amount: the first mistake alone (minConstraint). */
const minProblem = (type: string, name: string, min: string, { limits = {}, requests = {} }: Resources): readonly string[] => {
  const [request, limit] = [requests[name], limits[name]];
  const start = `minimum ${name} usage per ${type} is ${formatQuantity(min)}`;
  if (request === undefined) return [`${start}.  No request is specified`];
  if (compareQuantities(request, min) < 0) return [`${start}, but request is ${formatQuantity(request)}`];
  return limit !== undefined && compareQuantities(limit, min) < 0 ? [`${start}, but limit is ${formatQuantity(limit)}`] : [];
};

/** The same by the most (maxConstraint). */
const maxProblem = (type: string, name: string, max: string, { limits = {}, requests = {} }: Resources): readonly string[] => {
  const [request, limit] = [requests[name], limits[name]];
  const start = `maximum ${name} usage per ${type} is ${formatQuantity(max)}`;
  if (limit === undefined) return [`${start}.  No limit is specified`];
  if (compareQuantities(limit, max) > 0) return [`${start}, but limit is ${formatQuantity(limit)}`];
  return request !== undefined && compareQuantities(request, max) > 0 ? [`${start}, but request is ${formatQuantity(request)}`] : [];
};

/** The same by how many times the request the limit may be (limitRequestRatioConstraint). */
const ratioProblem = (type: string, name: string, ratio: string, { limits = {}, requests = {} }: Resources): readonly string[] => {
  const [request, limit] = [requests[name] ?? '0', limits[name] ?? '0'];
  const start = `${name} max limit to request ratio per ${type} is ${formatQuantity(ratio)}`;
  if (compareQuantities(request, '0') === 0) return [`${start}, but no request is specified or request is 0`];
  if (compareQuantities(limit, '0') === 0) return [`${start}, but no limit is specified or limit is 0`];
  const found = Number(quantityMilliValue(limit)) / Number(quantityMilliValue(request));
  return found * 1000 > Number(quantityMilliValue(ratio)) ? [`${start}, but provided ratio is ${found.toFixed(6)}`] : [];
};

const problemsOf = (item: LimitItem, resources: Resources): readonly string[] => [
  ...Object.entries(item.min ?? {}).flatMap(([name, min]) => minProblem(item.type, name, min, resources)),
  ...Object.entries(item.max ?? {}).flatMap(([name, max]) => maxProblem(item.type, name, max, resources)),
  ...Object.entries(item.maxLimitRequestRatio ?? {}).flatMap(([name, ratio]) => ratioProblem(item.type, name, ratio, resources)),
];

/** Claims have requests alone. */
const maxRequestProblem = (type: string, name: string, max: string, { requests = {} }: Resources): readonly string[] => {
  const request = requests[name];
  const start = `maximum ${name} usage per ${type} is ${formatQuantity(max)}`;
  if (request === undefined) return [`${start}.  No request is specified`];
  return compareQuantities(request, max) > 0 ? [`${start}, but request is ${formatQuantity(request)}`] : [];
};

const claimProblems = (item: LimitItem, draft: ObjectDraft): readonly string[] => {
  const { requests = {} } = (draft.spec?.['resources'] ?? {}) as Resources;
  return [
    ...Object.entries(item.min ?? {}).flatMap(([name, min]) => minProblem(item.type, name, min, { requests })),
    ...Object.entries(item.max ?? {}).flatMap(([name, max]) => maxRequestProblem(item.type, name, max, { requests })),
  ];
};

/** What a Pod's containers amount to: what a runtime class costs does not count here. */
const totalsOf = ({ spec }: Pod): Resources => {
  const { overhead: _, ...bare } = spec;
  return { requests: { ...podRequests({ spec: bare }) }, limits: { ...podLimits({ spec: bare }) } };
};

/** Refuses amounts that a LimitRange does not allow. @throws ApiError 403 */
export const checkLimitRanges = (ctx: RequestContext, draft: ObjectDraft): void => {
  const isPod = draft.kind === 'Pod';
  const pod = draft as unknown as Pod;
  for (const range of rangesFor(ctx, draft)) {
    // What several containers lack is said once.
    const found = itemsOf(range).flatMap((item) => {
      if (!isPod) return item.type === 'PersistentVolumeClaim' ? claimProblems(item, draft) : [];
      if (item.type === 'Pod') return problemsOf(item, totalsOf(pod));
      if (item.type !== 'Container') return [];
      return [...containersOf(draft, 'containers'), ...containersOf(draft, 'initContainers')].flatMap((container) =>
        problemsOf(item, (container['resources'] ?? {}) as Resources),
      );
    });
    const problems = [...new Set(found)];
    if (problems.length === 0) continue;
    const why = problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`;
    throw forbidden({ group: '', name: isPod ? 'pods' : 'persistentvolumeclaims' }, draft.metadata.name ?? '', why);
  }
};
