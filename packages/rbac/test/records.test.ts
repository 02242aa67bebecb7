import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  ANONYMOUS_USER,
  authenticatedUser,
  checkRbacWrite,
  createPolicy,
  createRbacAuthorizer,
  defaultRbacObjects,
  type ForbiddenStatus,
  forbiddenStatus,
  type ImpersonationMode,
  impersonate,
  readImpersonationHeaders,
  requestAttributesOf,
  type UserInfo,
} from '../src/index.js';

interface Step {
  readonly method: string;
  readonly path: string;
  readonly user?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly body?: unknown;
  readonly expect: { readonly code: number; readonly body?: { readonly kind?: string; readonly message?: string } };
}
interface Script {
  readonly id: string;
  readonly setup?: string;
  readonly steps: readonly Step[];
}
interface StoredObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const DIRECTORY = process.env['SOLO_KUBELET_CONFORMANCE_DIR'];
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  admin: ['system:masters'],
  alice: ['dev'],
  bob: ['ops'],
  carol: ['dev', 'ops'],
  erin: ['auditors'],
  grace: ['readers'],
  judy: ['editors'],
  node1: ['system:nodes'],
};

const userOf = ({ user = 'admin' }: Step): UserInfo =>
  user === '' ? ANONYMOUS_USER : authenticatedUser({ username: user, groups: Object.hasOwn(GROUPS, user) ? GROUPS[user]! : [] });

const readScripts = (directory: string): readonly Script[] =>
  gunzipSync(readFileSync(join(directory, 'api', 'api.jsonl.gz')))
    .toString()
    .split('\n')
    .filter((line) => /^\{"id": ?"access\//.test(line))
    .map((line) => JSON.parse(line.replaceAll('{{ns}}', 'space')) as Script);

/** Which right a refusal of ours is about, next to what the record answers. A step that is no 403 must be allowed. */
const differenceOf = (step: Step, status: ForbiddenStatus | undefined): string | undefined => {
  const { code, body } = step.expect;
  // Some scripts tell the code alone.
  if (code === 403 && body?.message === undefined) return status === undefined ? `${step.method} ${step.path}: must be refused` : undefined;
  const expected = code === 403 ? body?.message : 'allowed';
  const actual = status?.message ?? 'allowed';
  return expected === actual || (code === 401 && status === undefined)
    ? undefined
    : `${step.method} ${step.path}: ${expected} was ${actual}`;
};

const ROLE_KINDS = ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'];
const isStored = (body: unknown): body is StoredObject =>
  typeof body === 'object' && body !== null && 'kind' in body && ROLE_KINDS.includes(String(body.kind)) && 'metadata' in body;

describe('decisions that a real API server took', () => {
  it.skipIf(DIRECTORY === undefined)('are those we take (skipped unless SOLO_KUBELET_CONFORMANCE_DIR is set)', () => {
    const lastModes = new Map<string, ImpersonationMode>();
    let compared = 0;
    const differences: string[] = [];
    for (const { id, setup, steps } of readScripts(DIRECTORY!)) {
      if (setup !== 'rbac') continue;
      const objects = new Map<string, StoredObject>();
      for (const step of steps) {
        const url = new URL(step.path, 'https://server');
        const request = requestAttributesOf({ method: step.method, path: decodeURIComponent(url.pathname), query: url.searchParams });
        if (step.token !== undefined || step.headers?.['Authorization'] !== undefined || request === undefined) continue;
        const { roles, clusterRoles, roleBindings, clusterRoleBindings } = defaultRbacObjects();
        const stored = (kind: string): readonly unknown[] => [...objects.values()].filter((object) => object.kind === kind);
        const policy = createPolicy({
          roles: [...roles, ...stored('Role')],
          clusterRoles: [...clusterRoles, ...stored('ClusterRole')],
          roleBindings: [...roleBindings, ...stored('RoleBinding')],
          clusterRoleBindings: [...clusterRoleBindings, ...stored('ClusterRoleBinding')],
        });
        const authorizer = createRbacAuthorizer(policy);
        let user = userOf(step);
        const headers = Object.fromEntries(
          Object.entries(step.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value === null ? [] : [value].flat()]),
        );
        const wanted = readImpersonationHeaders(headers);
        let status: ForbiddenStatus | undefined;
        if (wanted.type === 'badRequest') {
          if (step.expect.code !== 400 || step.expect.body?.message !== wanted.message) differences.push(`${id} ${wanted.message}`);
          continue;
        }
        if (wanted.type === 'wanted') {
          const lastMode = lastModes.get(user.username);
          const result = impersonate(authorizer, {
            requestor: user,
            wanted: wanted.user,
            request,
            ...(lastMode !== undefined && { lastMode }),
          });
          if (result.type === 'allowed') lastModes.set(user.username, result.mode);
          if (result.type === 'allowed') user = result.user;
          else status = result.status;
        }
        const decision = authorizer.authorize(user, request);
        if (status === undefined && !decision.allowed) status = forbiddenStatus(user, request, decision.reason);
        compared += 1;
        const key = request.type === 'resource' ? `${request.resource}/${request.namespace}` : '';
        if (isStored(step.body) && status === undefined && request.type === 'resource') {
          const escalation = checkRbacWrite(policy, authorizer, {
            user,
            object: step.body,
            old: objects.get(`${key}/${step.body.metadata.name}`),
            requestName: request.name,
            namespace: request.namespace,
          });
          if (escalation.type === 'forbidden') {
            if (!step.expect.body?.message?.endsWith(`is forbidden: ${escalation.message}`))
              differences.push(`${id} ${escalation.message}`);
            continue;
          }
          if (
            escalation.type === 'roleNotFound'
              ? step.expect.code !== 404
              : escalation.type === 'unsupportedRoleKind' && step.expect.code !== 500
          ) {
            differences.push(`${id} ${step.path} ${escalation.type} for ${step.expect.code}`);
          }
        }
        // A change in part is checked where objects are put together.
        const isPartOfRole = step.method === 'PATCH' && /roles|bindings/.test(step.path);
        const difference = isPartOfRole ? undefined : differenceOf(step, status);
        if (difference !== undefined) differences.push(`${id} ${difference}`);
        if (isStored(step.expect.body)) objects.set(`${key}/${step.expect.body.metadata.name}`, step.expect.body);
        if (step.method === 'DELETE' && step.expect.code === 200 && request.type === 'resource') objects.delete(`${key}/${request.name}`);
      }
    }
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(400);
  });
});
