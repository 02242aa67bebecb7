import { createReport, type Report } from '@solo-kubelet/pod-spec/schema';
import { parseFieldSelector, parseLabelSelector } from '@solo-kubelet/selectors';
import type { RequestContext } from '../context.js';
import { badRequest, invalid } from '../status/api-error.js';
import type { ObjectDraft, StoredObject, Values } from '../stored-object.js';
import { issuerOf, readToken } from './authenticate.js';
import type { Attributes, UserInfo } from './authorizer.js';

const GROUP = 'authorization.k8s.io';

const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? (value as readonly string[]) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const attributesOf = (user: UserInfo, spec: Values): Attributes => {
  const resource = spec['resourceAttributes'] as Values | undefined;
  const path = spec['nonResourceAttributes'] as Values | undefined;
  return {
    user,
    isResource: resource !== undefined,
    verb: text((resource ?? path)?.['verb']),
    path: text(path?.['path']),
    group: text(resource?.['group']),
    version: text(resource?.['version']),
    resource: text(resource?.['resource']),
    subresource: text(resource?.['subresource']),
    namespace: text(resource?.['namespace']),
    name: text(resource?.['name']),
  };
};

const answered = (draft: ObjectDraft, status: Values): StoredObject => ({ ...(draft as unknown as StoredObject), status });

interface SelectorAttributes {
  readonly rawSelector?: string;
  readonly requirements?: readonly unknown[];
}

const SELECTORS = ['fieldSelector', 'labelSelector'] as const;

const selectorsOf = (spec: Values): readonly (readonly [(typeof SELECTORS)[number], SelectorAttributes])[] => {
  const resource = (spec['resourceAttributes'] ?? {}) as Partial<Record<(typeof SELECTORS)[number], SelectorAttributes>>;
  return SELECTORS.flatMap((name) => (resource[name] === undefined ? [] : [[name, resource[name]] as const]));
};

/** What of selectors as texts cannot be read takes no part in the decision. */
const ignoredSelectors = (spec: Values): readonly string[] =>
  selectorsOf(spec)
    .filter(
      ([name, { rawSelector = '' }]) => !(name === 'fieldSelector' ? parseFieldSelector(rawSelector) : parseLabelSelector(rawSelector)).ok,
    )
    .map(([name]) => `spec.resourceAttributes.${name} ignored due to parse error`);

const accessStatus = (ctx: RequestContext, user: UserInfo, spec: Values): Values => {
  const { allowed, reason, evaluationError } = ctx.parts.authorizer.decide(attributesOf(user, spec));
  const errors = [...(evaluationError === undefined ? [] : [evaluationError]), ...ignoredSelectors(spec)];
  return { allowed, ...(reason !== '' && { reason }), ...(errors.length > 0 && { evaluationError: errors.join('; ') }) };
};

const validateSelectors = (spec: Values, report: Report): void => {
  for (const [name, { rawSelector = '', requirements = [] }] of selectorsOf(spec)) {
    const field = `spec.resourceAttributes.${name}`;
    if (rawSelector !== '' && requirements.length > 0) {
      report.invalid(`${field}.rawSelector`, rawSelector, 'may not specified at the same time as requirements');
    }
    if (rawSelector === '' && requirements.length === 0) {
      report.required(`${field}.requirements`, `when ${field} is specified, requirements or rawSelector is required`);
    }
  }
};

/** One of the two ways to ask must be taken; a local review is about its `namespace` alone. @throws ApiError 422 */
const checkAttributes = (draft: ObjectDraft, needsUser: boolean, namespace?: string): Values => {
  const spec = (draft.spec ?? {}) as Values;
  const report = createReport();
  validateSelectors(spec, report);
  const [resource, path] = [spec['resourceAttributes'], spec['nonResourceAttributes']];
  // Printed as upstream's own structure, which has other names than the API's.
  const printedPath = { Path: text((path as Values | undefined)?.['path']), Verb: text((path as Values | undefined)?.['verb']) };
  if (resource !== undefined && path !== undefined)
    report.invalidStructure('spec.nonResourceAttributes', printedPath, 'cannot be specified in combination with resourceAttributes');
  if (resource === undefined && path === undefined)
    report.invalidStructure(
      'spec.resourceAttributes',
      null,
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
  if (needsUser && text(spec['user']) === '' && texts(spec['groups']).length === 0) {
    report.invalid('spec.user', '', 'at least one of user or group must be specified');
  }
  if (
    Object.keys(draft.metadata).some(
      (name) => name !== 'managedFields' && draft.metadata[name as keyof typeof draft.metadata] !== undefined,
    )
  ) {
    if (needsUser && draft.kind === 'LocalSubjectAccessReview') {
      const { namespace: _namespace, managedFields: _fields, ...rest } = draft.metadata;
      if (Object.keys(rest).length > 0) report.invalidStructure('metadata', draft.metadata, 'must be empty except for namespace');
    } else if (Object.keys(draft.metadata).length > 0) report.invalidStructure('metadata', draft.metadata, 'must be empty');
  }
  if (namespace !== undefined) {
    const asked = text((resource as Values | undefined)?.['namespace']);
    if (resource !== undefined && asked !== namespace)
      report.invalid('spec.resourceAttributes.namespace', asked, 'must match metadata.namespace');
    if (path !== undefined) report.invalidStructure('spec.nonResourceAttributes', printedPath, 'disallowed on this kind of request');
  }
  if (report.errors.length > 0) throw invalid({ group: GROUP, name: '' }, '', report.errors);
  return spec;
};

const userOf = (spec: Values): UserInfo => ({
  username: text(spec['user']),
  ...(text(spec['uid']) !== '' && { uid: text(spec['uid']) }),
  groups: texts(spec['groups']),
});

/** Answers what may be done, and who somebody is; nothing is kept. @throws ApiError */
export const answerReview = (ctx: RequestContext, draft: ObjectDraft, namespace: string): StoredObject => {
  // What is asked outside of namespaces has none, whatever it says.
  if (namespace === '' && draft.kind !== 'TokenReview') delete draft.metadata.namespace;
  switch (draft.kind) {
    case 'SelfSubjectAccessReview':
      return answered(draft, accessStatus(ctx, ctx.user, checkAttributes(draft, false)));
    case 'SubjectAccessReview': {
      const spec = checkAttributes(draft, true);
      return answered(draft, accessStatus(ctx, userOf(spec), spec));
    }
    case 'LocalSubjectAccessReview': {
      const spec = checkAttributes(draft, true, namespace);
      if (draft.metadata.namespace && draft.metadata.namespace !== namespace)
        throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
      const answer = answered(draft, accessStatus(ctx, userOf(spec), spec));
      return { ...answer, metadata: { ...answer.metadata, namespace } };
    }
    case 'SelfSubjectRulesReview': {
      const asked = text(draft.spec?.['namespace']);
      if (asked === '') throw badRequest('no namespace on request');
      return { ...answered(draft, { ...ctx.parts.authorizer.rulesFor(ctx.user, asked) }), spec: {} };
    }
    case 'SelfSubjectReview': {
      const { username, uid, groups, extra } = ctx.user;
      const userInfo = { username, ...(uid && { uid }), ...(groups.length > 0 && { groups }), ...(extra && { extra }) };
      return {
        ...answered(draft, { userInfo }),
        metadata: { ...(draft as unknown as StoredObject).metadata, creationTimestamp: ctx.nowText },
      };
    }
    default:
      return reviewToken(ctx, draft);
  }
};

const reviewToken = (ctx: RequestContext, draft: ObjectDraft): StoredObject => {
  const spec = (draft.spec ?? {}) as Values;
  const token = text(spec['token']);
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  if (draft.metadata.namespace) throw badRequest(`namespace is not allowed on this type: ${draft.metadata.namespace}`);
  const audiences = texts(spec['audiences']);
  const answer = readToken(ctx.parts, token, audiences.length > 0 ? audiences : [issuerOf(ctx.parts)], ctx.request.nowMs);
  if (!answer.ok) return answered(draft, { user: {}, error: answer.error });
  const { username, uid, groups, extra } = answer.user;
  const user = { username, ...(uid !== undefined && { uid }), ...(groups.length > 0 && { groups }), ...(extra && { extra }) };
  return answered(draft, { authenticated: true, user, audiences: answer.audiences });
};
