import type { ApiAnswer, ApiRequest, NodeAnswer, RequestAnswerer, RequestInfo, UserInfo } from '@solo-kubelet/api-server';
import type { AuditedRequest } from './audit-log.js';

export interface AuditRequestsOptions {
  readonly answerer: RequestAnswerer;
  /** Who asked for what, once the core knows; undefined for whom it does not know. */
  readonly asked: (request: ApiRequest) => { readonly user: UserInfo; readonly info: RequestInfo } | undefined;
  readonly record: (request: AuditedRequest) => void;
  readonly now: () => number;
}

export interface AuditedAnswerer extends RequestAnswerer {
  /** To be told of the HTTP code with which the kubelet answered what it was handed; only the first time counts. */
  readonly ended: (answer: NodeAnswer, code: number) => void;
}

const WATCH_CODE = 200;

/** Records every request with the code that its client got: at once, or when an answer that takes its time is there. */
export const auditRequests = ({ answerer, asked, record, now }: AuditRequestsOptions): AuditedAnswerer => {
  const waiting = new WeakMap<NodeAnswer, (code: number) => void>();
  const teller =
    (request: ApiRequest, startMs: number) =>
    (code: number): void => {
      const { user = { username: '', groups: [] }, info } = asked(request) ?? {};
      record({
        requestUri: request.target,
        verb: info?.verb ?? request.method.toLowerCase(),
        user: { username: user.username, groups: user.groups },
        sourceIp: request.peer ?? '',
        userAgent: String(request.headers['user-agent'] ?? ''),
        ...(info?.isResource === true && {
          objectRef: {
            resource: info.resource,
            apiVersion: info.version,
            ...(info.group !== '' && { apiGroup: info.group }),
            ...(info.namespace !== '' && { namespace: info.namespace }),
            ...(info.name !== '' && { name: info.name }),
            ...(info.subresource !== '' && { subresource: info.subresource }),
          },
        }),
        code,
        startMs,
        endMs: now(),
      });
    };
  return {
    admit: (request) => {
      const admission = answerer.admit(request);
      if (admission.type === 'refused') teller(request, now())(admission.answer.code);
      return admission;
    },
    handle: async (request): Promise<ApiAnswer> => {
      const tell = teller(request, now());
      const answer = await answerer.handle(request);
      switch (answer.type) {
        case 'answer':
          tell(answer.code);
          return answer;
        case 'watch':
          tell(WATCH_CODE);
          return answer;
        case 'node':
          waiting.set(answer, tell);
          return answer;
        case 'later':
          return {
            ...answer,
            finish: (nowMs) => {
              const last = answer.finish(nowMs);
              tell(last.code);
              return last;
            },
          };
      }
    },
    ended: (answer, code) => {
      waiting.get(answer)?.(code);
      waiting.delete(answer);
    },
  };
};
