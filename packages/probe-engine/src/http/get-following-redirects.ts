import type { GetRequest } from '../core/get-request.js';
import { formatGoUrl } from '../core/go-url.js';
import { toText } from '../core/percent-encoding.js';
import { redirectOf } from '../core/redirected-request.js';
import { wireRequest } from '../core/wire-request.js';
import type { ProbeAttemptOptions } from '../probe-handler.js';
import { type GetAnswer, sendGet } from './send-get.js';

/**
 * Makes a request and follows redirects as Kubernetes does for probes and lifecycle hooks alike: within the host name, at most ten requests. An
 * answer that redirects elsewhere is itself the answer. What went wrong is told in the words of Go's client: `Get "URL": why`.
 * `send`: how one request is made; by HTTP/1.1 unless said.
 */
export const getFollowingRedirects = async (
  request: GetRequest,
  options: ProbeAttemptOptions,
  send: typeof sendGet = sendGet,
): Promise<GetAnswer> => {
  const requests = [request];
  for (let current = request; ; ) {
    const tell = (why: string, at = formatGoUrl(current.url, { mask: true })): string => `Get "${toText(at)}": ${why}`;
    const wire = wireRequest(current);
    if (!wire.ok) return { type: 'failed', why: tell(wire.why) };
    const answer = await send(wire.request, options);
    if (answer.type !== 'complete') return { ...answer, why: tell(answer.why) };
    const redirection = redirectOf(requests, answer.status, answer.location);
    switch (redirection.type) {
      case 'answer':
        return answer;
      case 'failed':
        return { type: 'failed', why: tell(redirection.why, redirection.at) };
      case 'follow':
        current = redirection.request;
        requests.push(current);
    }
  }
};

/** The same request by plain HTTP and without its credentials, for a server that turned out not to speak TLS (`LifecycleHTTPFallback`). */
export const asPlainHttp = (request: GetRequest): GetRequest => ({
  ...request,
  url: { ...request.url, scheme: 'http' },
  headers: new Map([...request.headers].filter(([name]) => name !== 'Authorization')),
});
