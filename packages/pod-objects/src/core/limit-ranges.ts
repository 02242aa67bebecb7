import type { LimitRange, LimitRangeItem } from '@solo-kubelet/object-spec';
import { type Container, compareQuantities, type Pod, parseQuantity, podLimits, podRequests, type Quantity } from '@solo-kubelet/pod-spec';

type Amounts = Readonly<Record<string, Quantity>>;

/** Noted on a Pod whose resources were filled in. */
const ANNOTATION = 'kubernetes.io/limit-ranger';

const itemsOf = (ranges: readonly LimitRange[], type: string): readonly LimitRangeItem[] =>
  ranges.flatMap(({ spec }) => (spec?.limits ?? []).filter((item) => item.type === type));

/** A Pod with the resources that the LimitRanges of its namespace give to containers without (plugin/pkg/admission/limitranger). */
export const withDefaultLimits = (pod: Pod, ranges: readonly LimitRange[]): Pod => {
  const items = itemsOf(ranges, 'Container');
  if (items.length === 0) return pod;
  const limits = merged(items.map((item) => item.default));
  const requests = merged(items.map((item) => item.defaultRequest));
  const notes: string[] = [];
  const filled =
    (what: string) =>
    (container: Container): Container => {
      const given = container.resources ?? {};
      const addedRequests = missing(requests, given.requests);
      const addedLimits = missing(limits, given.limits);
      const name = `${what} ${container.name}`;
      if (addedRequests.length > 0) notes.push(`${names(addedRequests)} request for ${name}`);
      if (addedLimits.length > 0) notes.push(`${names(addedLimits)} limit for ${name}`);
      if (addedRequests.length + addedLimits.length === 0) return container;
      return {
        ...container,
        resources: {
          ...given,
          requests: { ...given.requests, ...Object.fromEntries(addedRequests) },
          limits: { ...given.limits, ...Object.fromEntries(addedLimits) },
        },
      };
    };
  const containers = pod.spec.containers.map(filled('container'));
  const initContainers = pod.spec.initContainers?.map(filled('init container'));
  if (notes.length === 0) return pod;
  const annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}` };
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations },
    spec: { ...pod.spec, containers, ...(initContainers === undefined ? {} : { initContainers }) },
  };
};

const merged = (amounts: readonly (Amounts | undefined)[]): Amounts =>
  Object.fromEntries(amounts.flatMap((each) => Object.entries(each ?? {})));

const missing = (wanted: Amounts, given: Readonly<Record<string, unknown>> | undefined): readonly (readonly [string, Quantity])[] =>
  Object.entries(wanted).filter(([resource]) => given?.[resource] === undefined);

const names = (amounts: readonly (readonly [string, Quantity])[]): string =>
  amounts
    .map(([resource]) => resource)
    .sort()
    .join(', ');

/** Why the LimitRanges of its namespace do not allow a Pod, in upstream's words: what the first of them that refuses it says; empty if none does. */
export const limitErrors = (pod: Pod, ranges: readonly LimitRange[]): readonly string[] => {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  for (const { spec } of ranges) {
    const errors = (spec?.limits ?? []).flatMap((item) => {
      if (item.type === 'Pod') return itemErrors('Pod', item, podRequests(pod), podLimits(pod));
      if (item.type !== 'Container') return [];
      return containers.flatMap(({ resources }) => itemErrors('Container', item, resources?.requests ?? {}, resources?.limits ?? {}));
    });
    // What is said of several containers alike is said once (utilerrors.NewAggregate).
    if (errors.length > 0) return [...new Set(errors)];
  }
  return [];
};

const itemErrors = (
  type: string,
  { min = {}, max = {}, maxLimitRequestRatio = {} }: LimitRangeItem,
  requests: Readonly<Record<string, Quantity>>,
  limits: Readonly<Record<string, Quantity>>,
): readonly string[] => [
  ...Object.entries(min).flatMap(([resource, bound]) => {
    const [request, limit] = [requests[resource], limits[resource]];
    const text = `minimum ${resource} usage per ${type} is ${bound}`;
    if (request === undefined) return [`${text}.  No request is specified`];
    if (compareQuantities(request, bound) < 0) return [`${text}, but request is ${request}`];
    return limit !== undefined && compareQuantities(limit, bound) < 0 ? [`${text}, but limit is ${limit}`] : [];
  }),
  ...Object.entries(max).flatMap(([resource, bound]) => {
    const [request, limit] = [requests[resource], limits[resource]];
    const text = `maximum ${resource} usage per ${type} is ${bound}`;
    if (limit === undefined) return [`${text}.  No limit is specified`];
    if (compareQuantities(limit, bound) > 0) return [`${text}, but limit is ${limit}`];
    return request !== undefined && compareQuantities(request, bound) > 0 ? [`${text}, but request is ${request}`] : [];
  }),
  ...Object.entries(maxLimitRequestRatio).flatMap(([resource, bound]) => {
    const [request, limit] = [requests[resource], limits[resource]];
    const text = `${resource} max limit to request ratio per ${type} is ${bound}`;
    if (isNothing(request)) return [`${text}, but no request is specified or request is 0`];
    if (isNothing(limit)) return [`${text}, but no limit is specified or limit is 0`];
    const ratio = numberOf(limit) / numberOf(request);
    return ratio > numberOf(bound) ? [`${text}, but provided ratio is ${ratio.toFixed(6)}`] : [];
  }),
];

const isNothing = (quantity: Quantity | undefined): quantity is undefined => quantity === undefined || numberOf(quantity) === 0;

const numberOf = (quantity: Quantity): number => {
  const { value, scale } = parseQuantity(quantity);
  return Number(value) * 10 ** scale;
};
