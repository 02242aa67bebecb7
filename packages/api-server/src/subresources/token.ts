import { createReport } from '@solo-kubelet/pod-spec/schema';
import { issuerOf } from '../access/authenticate.js';
import { type RequestContext, timeText } from '../context.js';
import { checkNamespace } from '../registry/create-object.js';
import { badRequest, conflict, invalid, notFound } from '../status/api-error.js';
import type { ObjectDraft, StoredObject, Values } from '../stored-object.js';

const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
const DEFAULT_SECONDS = 3_600;

interface BoundReference {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly name?: string;
  readonly uid?: string;
}

const BUCKETS: Readonly<Record<string, string>> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' };

/** The object that a token is bound to. @throws ApiError */
const boundObject = (ctx: RequestContext, namespace: string, account: StoredObject, reference: BoundReference): StoredObject => {
  const { kind = '', apiVersion = '', name = '', uid = '' } = reference;
  const bucket = apiVersion === 'v1' ? BUCKETS[kind] : undefined;
  if (bucket === undefined)
    throw badRequest(`cannot bind token to object of type ${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`);
  const found = ctx.parts.store.get(bucket, kind === 'Node' ? name : `${namespace}/${name}`);
  if (found === undefined) throw notFound({ group: '', name: bucket }, name);
  if (kind === 'Pod' && account.metadata.name !== found.spec?.['serviceAccountName']) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to pod running with different serviceaccount name.`,
    );
  }
  if (uid !== '' && uid !== found.metadata.uid) {
    throw conflict(
      // Upstream says the kind here.
      { group: '', name: kind },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  return found;
};

export interface TokenRequest {
  readonly namespace: string;
  readonly name: string;
  readonly draft: ObjectDraft;
  readonly manager: string;
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** Whose the fields of a request are that nobody keeps: its sender's, as of any new object. */
const managersOf = (spec: Values, manager: string, time: string): NonNullable<StoredObject['metadata']['managedFields']> => {
  const reference = spec['boundObjectRef'] as Values | null | undefined;
  const inner = Object.keys(reference ?? {}).map((name) => [`f:${name}`, {}]);
  const fields = {
    ...(isGiven(spec['audiences']) && { 'f:audiences': {} }),
    ...(reference && { 'f:boundObjectRef': inner.length === 0 ? {} : { '.': {}, ...Object.fromEntries(inner) } }),
    'f:expirationSeconds': {},
  };
  const apiVersion = 'authentication.k8s.io/v1';
  return [{ manager, operation: 'Update', apiVersion, time, fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': fields }, subresource: 'token' }];
};

/** Makes a token of a service account (serviceaccounts/token). @throws ApiError */
export const requestToken = (ctx: RequestContext, { namespace, name, draft, manager }: TokenRequest): StoredObject => {
  checkNamespace(draft, namespace);
  if (draft.metadata.name && draft.metadata.name !== name) {
    const report = createReport();
    report.invalid('metadata.name', draft.metadata.name, 'must match the service account name if specified');
    throw invalid({ group: 'authentication.k8s.io', name: 'TokenRequest' }, name, report.errors);
  }
  const account = ctx.parts.store.get('serviceaccounts', `${namespace}/${name}`);
  if (account === undefined) throw notFound({ group: '', name: 'serviceaccounts' }, name);
  const spec = (draft.spec ?? {}) as Values;
  const audiences =
    ((spec['audiences'] ?? []) as readonly string[]).length > 0 ? (spec['audiences'] as readonly string[]) : [issuerOf(ctx.parts)];
  const seconds = Number(spec['expirationSeconds'] ?? DEFAULT_SECONDS);
  const report = createReport();
  if (seconds < MIN_SECONDS) report.invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes');
  if (seconds > MAX_SECONDS) report.invalid('spec.expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds');
  if (report.errors.length > 0) throw invalid({ group: 'authentication.k8s.io', name: 'TokenRequest' }, '', report.errors);
  const reference = spec['boundObjectRef'] as BoundReference | undefined;
  const bound = reference === undefined ? undefined : boundObject(ctx, namespace, account, reference);
  const nowSeconds = Math.floor(ctx.request.nowMs / 1000);
  const boundClaim = bound && { [(reference?.kind ?? '').toLowerCase()]: { name: bound.metadata.name, uid: bound.metadata.uid } };
  const token = ctx.parts.signToken({
    iss: issuerOf(ctx.parts),
    sub: `system:serviceaccount:${namespace}:${name}`,
    aud: audiences,
    iat: nowSeconds,
    nbf: nowSeconds,
    exp: nowSeconds + seconds,
    jti: ctx.parts.newUid(),
    'kubernetes.io': {
      namespace,
      serviceaccount: { name, ...(account.metadata.uid !== undefined && { uid: account.metadata.uid }) },
      ...boundClaim,
    },
  });
  return {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: {
      name,
      namespace,
      ...(account.metadata.uid !== undefined && { uid: account.metadata.uid }),
      creationTimestamp: ctx.nowText,
      managedFields: managersOf(spec, manager, ctx.nowText),
    },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: reference ?? null },
    status: { token, expirationTimestamp: timeText(ctx.request.nowMs + seconds * 1000) },
  };
};
