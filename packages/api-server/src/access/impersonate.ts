import { impersonate as decideImpersonation, type ImpersonationMode, readImpersonationHeaders } from '@solo-kubelet/rbac';
import type { ApiRequest } from '../context.js';
import type { RequestInfo } from '../request/request-info.js';
import { ApiError, badRequest } from '../status/api-error.js';
import { attributesOf } from './authorize.js';
import type { Authorizer, UserInfo } from './authorizer.js';
import { attributesOfRequest, requestOf } from './request-of.js';

/** Each value on its own; what some proxies join stays one. */
const distinct = (headers: ApiRequest['headers']): Record<string, readonly string[]> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, typeof value === 'string' ? [value] : value]])),
  );

/** How many users' modes are kept in mind. */
const MAX_USERS = 10_000;

/** The way of impersonation that last worked for each user: upstream tries it first, and words a refusal by it. */
export type ImpersonationModes = Map<string, ImpersonationMode>;

const remember = (modes: ImpersonationModes, username: string, mode: ImpersonationMode): void => {
  modes.delete(username);
  modes.set(username, mode);
  const oldest = modes.keys().next();
  if (modes.size > MAX_USERS && !oldest.done) modes.delete(oldest.value);
};

/** As whom a request is to count; the user itself without the headers. @throws ApiError 400, 403 */
export const impersonate = (
  authorizer: Authorizer,
  user: UserInfo,
  request: ApiRequest,
  info: RequestInfo,
  modes: ImpersonationModes,
): UserInfo => {
  const wanted = readImpersonationHeaders(distinct(request.headers));
  if (wanted.type === 'none') return user;
  if (wanted.type === 'badRequest') throw badRequest(wanted.message);
  const lastMode = modes.get(user.username);
  const result = decideImpersonation(
    {
      authorize: (requestor, asked) => authorizer.decide(attributesOfRequest(requestor, asked)),
      rulesFor: () => ({ rules: [], errors: [] }),
    },
    { requestor: user, wanted: wanted.user, request: requestOf(attributesOf(user, info)), ...(lastMode !== undefined && { lastMode }) },
  );
  if (result.type === 'allowed') {
    remember(modes, user.username, result.mode);
    return result.user;
  }
  const { reason, message, details } = result.status;
  throw new ApiError({ code: 403, reason, message, details });
};
