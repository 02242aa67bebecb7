import { type Authentication, authenticate, known } from './access/authenticate.js';
import { attributesOf, authorize } from './access/authorize.js';
import type { UserInfo } from './access/authorizer.js';
import { type ImpersonationModes, impersonate } from './access/impersonate.js';
import { type ApiRequest, type CoreParts, headerOf, type Rehearse, type RequestContext, timeText } from './context.js';
import { handlePath } from './handle-path.js';
import { handleResource } from './handle-resource.js';
import { negotiateError } from './request/media-types.js';
import { type RequestInfo, readRequestInfo } from './request/request-info.js';
import { wantsIndented } from './request/wants-indented.js';
import { type ApiAnswer, type PlainAnswer, valueAnswer } from './respond/answer.js';
import { ApiError, internal, unauthorized } from './status/api-error.js';

/** A Kubernetes API server without sockets and without a clock: requests in, answers out. */
export interface ApiCore {
  /** `rehearse` is told what a dry run would write, and says what of it is answered. Default: the object itself. */
  handle(request: ApiRequest, rehearse?: Rehearse): ApiAnswer;
  /** Says who asks, or refuses the request, from its head alone: the body of somebody who may not ask need not be read. */
  admit(request: ApiRequest): Admission;
}

export type Admission = { readonly type: 'admitted'; readonly user: UserInfo } | { readonly type: 'refused'; readonly answer: PlainAnswer };

const NEVER_TOLD = { username: '', groups: [] };

/** A header value that every client reads: Go quotes what is no plain text. */
const warningHeader = (text: string): readonly [string, string] => ['Warning', `299 - ${JSON.stringify(text)}`];

/** The most warnings of strict readers that are told. */
const MAX_WARNINGS = 100;

/** Each once; what is too much for headers is left out. */
const warningHeaders = (texts: readonly string[]): readonly (readonly [string, string])[] =>
  [...new Set(texts)].slice(0, MAX_WARNINGS).map(warningHeader);

const errorAnswer = (error: ApiError, request: ApiRequest): PlainAnswer => {
  const format = negotiateError(headerOf(request, 'accept'));
  const at = request.target.indexOf('?');
  const query = new URLSearchParams(at === -1 ? '' : request.target.slice(at + 1));
  const pretty = format.pretty || wantsIndented(query, headerOf(request, 'user-agent'));
  const answer = valueAnswer(error.code, { ...format, pretty }, error.status);
  return { ...answer, headers: [...answer.headers, ...Object.entries(error.headers)] };
};

export const createApiCore = (parts: CoreParts): ApiCore => {
  const modes: ImpersonationModes = new Map();
  const answered = (request: ApiRequest, warnings: string[], make: () => ApiAnswer): ApiAnswer => {
    let answer: ApiAnswer;
    try {
      answer = make();
    } catch (error) {
      const refusal = error instanceof ApiError ? error : unexpected(error);
      answer = errorAnswer(refusal, request);
    }
    if (answer.type === 'later') {
      const { finish } = answer;
      return { ...answer, finish: (nowMs) => answered(request, warnings, () => finish(nowMs)) as PlainAnswer };
    }
    return warnings.length === 0 || answer.type === 'node'
      ? answer
      : { ...answer, headers: [...answer.headers, ...warningHeaders(warnings)] };
  };
  return {
    handle: (request, rehearse = ({ object }) => object) => {
      const warnings: string[] = [];
      return answered(request, warnings, () => dispatch(parts, request, modes, (text) => void warnings.push(text), rehearse));
    },
    admit: (request) => {
      try {
        return { type: 'admitted', user: admitted(parts, request, modes, () => {}).user };
      } catch (error) {
        return { type: 'refused', answer: errorAnswer(error instanceof ApiError ? error : unexpected(error), request) };
      }
    },
  };
};

/** A fault of this program must not look like one of the client. */
const unexpected = (error: unknown): ApiError => {
  if (error instanceof RangeError) return internal('the request is nested too deeply');
  throw error;
};

/** Who is asking. A certificate that nobody trusts counts for nothing beside a token, and is refused without one: its holder does not become anonymous. */
const authenticateRequest = (parts: CoreParts, request: ApiRequest): Authentication => {
  const { user, nowMs } = request;
  if (user !== undefined && user !== 'untrusted') return { type: 'user', user: known(user) };
  const found = authenticate(parts, headerOf(request, 'authorization'), nowMs);
  const isAnonymous = found.type === 'user' && found.user.username === 'system:anonymous';
  return user === 'untrusted' && isAnonymous ? { type: 'refused' } : found;
};

interface Admitted {
  readonly user: UserInfo;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
}

/** @throws ApiError 400, 401, 403 */
const admitted = (parts: CoreParts, request: ApiRequest, modes: ImpersonationModes, warn: (text: string) => void): Admitted => {
  const { info, query } = readTarget(request);
  const found = authenticateRequest(parts, request);
  if (found.type === 'refused') throw unauthorized();
  if (found.warning !== undefined) warn(found.warning);
  parts.onRequest?.(request, found.user, info);
  const user = impersonate(parts.authorizer, found.user, request, info, modes);
  authorize(parts.authorizer, attributesOf(user, info));
  return { user: user ?? NEVER_TOLD, info, query };
};

const dispatch = (
  parts: CoreParts,
  request: ApiRequest,
  modes: ImpersonationModes,
  warn: (text: string) => void,
  rehearse: Rehearse,
): ApiAnswer => {
  const { user, info, query } = admitted(parts, request, modes, warn);
  const ctx: RequestContext = {
    parts,
    request,
    info,
    query,
    user,
    output: { language: 'json', pretty: false },
    warn,
    nowText: timeText(request.nowMs),
    rehearse,
  };
  return info.isResource ? handleResource(ctx) : handlePath(ctx);
};

/** The one reading of a request's target that everything after rests on. */
export const readTarget = ({ method, target }: ApiRequest): { readonly info: RequestInfo; readonly query: URLSearchParams } => {
  const at = target.indexOf('?');
  const query = new URLSearchParams(at === -1 ? '' : target.slice(at + 1));
  return { info: readRequestInfo(method, decodePath(at === -1 ? target : target.slice(0, at)), query), query };
};

const decodePath = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};
