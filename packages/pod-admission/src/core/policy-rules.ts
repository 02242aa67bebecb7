import { assertNever } from '@solo-kubelet/diagnostics';
import type { LimitRange } from '@solo-kubelet/object-spec';
import { limitErrors, withDefaultLimits } from '@solo-kubelet/pod-objects';
import { type Container, type EnvVar, type Pod, parseImageReference } from '@solo-kubelet/pod-spec';
import { evaluatePod, levelText, violationText } from '@solo-kubelet/pod-spec/pod-security';
import type { AdmissionRequest } from '../admission.js';
import type { PodPattern, PolicyAction, PolicyRule } from './admission-policy.js';
import { isUnder, rewriteImage } from './image-prefix.js';
import { containersOf, imagesOf, mapContainers, mapImages } from './pod-parts.js';

/** What a rule has against a Pod. */
export interface Denial {
  readonly field: string;
  readonly message: string;
}

/** Whether a rule counts for a Pod. */
export const concerns = ({ namespaces, except }: PolicyRule, request: AdmissionRequest): boolean =>
  (namespaces === undefined || namespaces.some((pattern) => matches(pattern, request.namespace))) &&
  !except.some((pattern) => isMeant(pattern, request));

/** A Pod of a file has the name of the node behind its own; either is meant. */
const isMeant = ({ namespace, name }: PodPattern, request: AdmissionRequest): boolean => {
  const suffix = `-${request.nodeName.toLowerCase()}`;
  const own = request.name.endsWith(suffix) ? request.name.slice(0, -suffix.length) : request.name;
  return matches(namespace, request.namespace) && (matches(name, request.name) || matches(name, own));
};

const matches = (pattern: string, text: string): boolean => {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === text;
  const last = rest.pop() ?? '';
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
};

/** A Pod as a rule changes it; the same Pod where the rule has nothing to change. Plugins are asked elsewhere. */
export const changeByRule = (action: PolicyAction, pod: Pod): Pod => {
  switch (action.type) {
    case 'rewriteImages':
      return mapImages(pod, (image) => rewriteImage(image, action.rewrites));
    case 'add': {
      const changed = mapContainers(pod, (container) => withEnv(container, action.env));
      const labels = { ...action.labels, ...pod.metadata.labels };
      const annotations = { ...action.annotations, ...pod.metadata.annotations };
      const { labels: oldLabels = {}, annotations: oldAnnotations = {} } = pod.metadata;
      const same =
        Object.keys(labels).length === Object.keys(oldLabels).length &&
        Object.keys(annotations).length === Object.keys(oldAnnotations).length;
      return same ? changed : { ...changed, metadata: { ...pod.metadata, labels, annotations } };
    }
    case 'limits':
      return withDefaultLimits(pod, [action.range]);
    case 'plugin':
    case 'requireDigests':
    case 'allowedImages':
    case 'podSecurity':
      return pod;
    default:
      return assertNever(action);
  }
};

const withEnv = (container: Container, env: readonly EnvVar[]): Container => {
  const given = container.env ?? [];
  const missing = env.filter(({ name }) => !given.some((each) => each.name === name));
  return missing.length === 0 ? container : { ...container, env: [...given, ...missing] };
};

/** What a rule has against a Pod that every rule has changed already; undefined: nothing. */
export const judgeByRule = (action: PolicyAction, pod: Pod): Denial | undefined => {
  switch (action.type) {
    case 'requireDigests':
      return firstImage(pod, (image) => (parseImageReference(image)?.digest ? undefined : `${JSON.stringify(image)} has no digest`));
    case 'allowedImages':
      return firstImage(pod, (image) => {
        const repository = parseImageReference(image)?.repository;
        if (repository !== undefined && action.prefixes.some((prefix) => isUnder(repository, prefix))) return undefined;
        return `${JSON.stringify(image)} is of no registry that is allowed: ${action.prefixes.join(', ')}`;
      });
    case 'podSecurity': {
      const { level, checks } = action;
      const violations = evaluatePod(level, pod, checks === undefined ? {} : { checks });
      if (violations.length === 0) return undefined;
      return { field: 'spec', message: `violates PodSecurity ${JSON.stringify(levelText(level))}: ${violationText(violations)}` };
    }
    case 'limits':
      return judgeLimits(pod, action.range);
    case 'rewriteImages':
    case 'add':
    case 'plugin':
      return undefined;
    default:
      return assertNever(action);
  }
};

const firstImage = (pod: Pod, fault: (image: string) => string | undefined): Denial | undefined => {
  for (const { field, image } of imagesOf(pod)) {
    const message = fault(image);
    if (message !== undefined) return { field, message };
  }
  return undefined;
};

/** Of each container by itself, so that the message has its place, and of the Pod as a whole. */
const judgeLimits = (pod: Pod, range: LimitRange): Denial | undefined => {
  const only = (type: string): LimitRange => ({
    ...range,
    spec: { ...range.spec, limits: (range.spec?.limits ?? []).filter((item) => item.type === type) },
  });
  for (const { field, container } of containersOf(pod)) {
    // Upstream's LimitRanger passes over what came for debugging: it has no resources.
    if (field.startsWith('spec.ephemeral')) continue;
    const [message] = limitErrors({ ...pod, spec: { containers: [container] } }, [only('Container')]);
    if (message !== undefined) return { field: `${field}.resources`, message };
  }
  const [message] = limitErrors(pod, [only('Pod')]);
  return message === undefined ? undefined : { field: 'spec', message };
};
