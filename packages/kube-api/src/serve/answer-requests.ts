import {
  type ApiAnswer,
  type ApiCore,
  ApiError,
  type ApiRequest,
  type PlainAnswer,
  type RequestAnswerer,
  type RequestInfo,
  readTarget,
  type StoredObject,
  type UserInfo,
} from '@solo-kubelet/api-server';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { absenceOf } from '../core/absent-resource.js';
import type { NodeStore, StagedChange } from '../store/node-store.js';
import { createRehearsalTurns } from './rehearsal-turns.js';

/** Carries out what a request would change, before it counts. @throws ApiError when it cannot be */
export interface CarryOut {
  (changes: readonly StagedChange[], request: ApiRequest, info: RequestInfo): Promise<void>;
  /** Asks everybody whom it would ask, and changes nothing; gives the object of a single change as it would come to run. @throws ApiError as it would */
  rehearse(changes: readonly StagedChange[], info: RequestInfo): Promise<StoredObject | undefined>;
}

export interface AnswerOptions {
  readonly core: ApiCore;
  readonly nodeStore: NodeStore;
  readonly carryOut: CarryOut;
  /** Told of what was committed. */
  readonly committed: (changes: readonly StagedChange[]) => void;
  /** Measures what `kubectl top` asks for; its answer is in the store then. */
  readonly measure: () => Promise<void>;
  /** Loads what OpenAPI documents say of fields. */
  readonly loadWords: () => Promise<void>;
  /** Who asks. */
  readonly userOf: (request: ApiRequest) => UserInfo | undefined;
  readonly logger: Logger;
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const REVIEWS: ReadonlySet<string> = new Set(['authentication.k8s.io', 'authorization.k8s.io']);
const OPENAPI_V3 = '/openapi/v3/';
const METRICS = 'metrics.k8s.io';

export const statusAnswer = ({ code, status, headers }: ApiError): PlainAnswer => ({
  type: 'answer',
  code,
  headers: [['Content-Type', 'application/json'], ...Object.entries(headers)],
  body: JSON.stringify(status),
});

const isImpersonation = ({ headers }: ApiRequest): boolean => Object.keys(headers).some((name) => name.startsWith('impersonate-'));

const NO_IMPERSONATION = new ApiError({
  code: 403,
  reason: 'Forbidden',
  message: 'this server lets nobody act as somebody else (--as): make a kubeconfig with `kubelet-cli kubeconfig --user NAME`',
});

/** Answers requests from the core: what reads at once, what writes one after the other, each once its changes are carried out. */
export const answerRequests = ({
  core,
  nodeStore,
  carryOut,
  committed,
  measure,
  loadWords,
  userOf,
  logger,
}: AnswerOptions): RequestAnswerer => {
  const refusalOf = (error: unknown, request: ApiRequest, info: RequestInfo): PlainAnswer => {
    if (error instanceof ApiError) return statusAnswer(error);
    logger.error({ doing: `${request.method} ${info.path}`, err: describeError(error) }, 'A write of the API failed');
    return statusAnswer(new ApiError({ code: 500, reason: 'InternalError', message: `Internal error occurred: ${describeError(error)}` }));
  };
  const turns = createRehearsalTurns();
  /** No write waits for a dry run. */
  const rehearsal = (dry: readonly StagedChange[], result: ApiAnswer, request: ApiRequest, info: RequestInfo): Promise<ApiAnswer> =>
    turns
      .take(userOf(request)?.username ?? '', () => rehearse(dry, result, request, info))
      .catch((error: unknown) => refusalOf(error, request, info));
  /** What a dry run is answered: what the write would be, or what it would be refused with. Never rejects. */
  const rehearse = async (dry: readonly StagedChange[], result: ApiAnswer, request: ApiRequest, info: RequestInfo): Promise<ApiAnswer> => {
    try {
      const object = await carryOut.rehearse(dry, info);
      if (object === undefined || object === dry[0]?.object) return result;
      return await nodeStore.exclusive(async () => nodeStore.stage(() => core.handle(request, () => object)).result);
    } catch (error) {
      return refusalOf(error, request, info);
    }
  };
  const write = async (request: ApiRequest, info: RequestInfo): Promise<ApiAnswer> => {
    const dry: StagedChange[] = [];
    const answer = await written(request, info, dry);
    return dry.length === 0 ? answer : rehearsal(dry, answer, request, info);
  };
  /** `dry` gets what a dry run would write. */
  const written = (request: ApiRequest, info: RequestInfo, dry: StagedChange[]): Promise<ApiAnswer> =>
    nodeStore.exclusive(async () => {
      const { result, changes } = nodeStore.stage(() =>
        core.handle(request, (change) => {
          dry.push(change);
          return change.object;
        }),
      );
      if (changes.length === 0) return result;
      try {
        await carryOut(changes, request, info);
      } catch (error) {
        return refusalOf(error, request, info);
      }
      nodeStore.commit(changes, request.nowMs);
      committed(changes);
      return result;
    });
  return {
    admit: (request) => (isImpersonation(request) ? { type: 'refused', answer: statusAnswer(NO_IMPERSONATION) } : core.admit(request)),
    handle: async (request) => {
      if (isImpersonation(request)) return statusAnswer(NO_IMPERSONATION);
      const { info } = readTarget(request);
      const absent = absenceOf(info);
      if (absent !== undefined && core.admit(request).type === 'admitted') return statusAnswer(absent);
      if (READS.has(request.method)) {
        if (info.path.startsWith(OPENAPI_V3)) await loadWords();
        if (info.group === METRICS && core.admit(request).type === 'admitted') await measure();
        return core.handle(request);
      }
      return REVIEWS.has(info.group) ? core.handle(request) : write(request, info);
    },
  };
};
