import type { HTTPGetAction } from '@solo-kubelet/pod-spec';
import { createGetRequest } from '../core/get-request.js';
import { findPort } from '../core/resolve-port.js';
import { PROBE_USER_AGENT } from '../core/user-agent.js';
import { getFollowingRedirects } from '../http/get-following-redirects.js';
import { sendH2cGet } from '../http/send-h2c-get.js';
import { capOutput, type ProbeHandler, type ProbeOutcome } from '../probe-handler.js';
import { targetHost } from '../probe-target.js';

/**
 * Success on a status of 200 to 399 (pkg/probe/http/http.go). Redirects are followed within the host name; one that leaves it is a
 * warning. TLS is not verified; no proxy, no keep-alive, no compression. With `protocol: HTTP2`
 * it is HTTP/2 without TLS (H2CContainerProbe).
 */
export const httpGetHandler = (): ProbeHandler<'httpGet', HTTPGetAction> => ({
  field: 'httpGet',
  probe: async (action, target, options) => {
    const found = findPort(action.port, target.ports);
    if (!found.ok) return { result: 'unknown', output: found.why };
    const host = targetHost(target, action.host);
    const created = createGetRequest({ ...action, host, port: found.port, userAgent: PROBE_USER_AGENT, gzip: false });
    if (!created.ok) return { result: 'unknown', output: created.why };
    const answer = await getFollowingRedirects(created.request, options, action.protocol === 'HTTP2' ? sendH2cGet : undefined);
    switch (answer.type) {
      case 'failed':
        return { result: 'failure', output: answer.why };
      case 'broken':
        return { result: 'unknown', output: answer.why };
      case 'complete':
        return judge(answer.status, answer.body);
    }
  },
});

const judge = (status: number, body: Uint8Array): ProbeOutcome => {
  if (status < 200 || status >= 400) return { result: 'failure', output: `HTTP probe failed with statuscode: ${status}` };
  if (status >= 300) return { result: 'warning', output: `Probe terminated redirects, Response body: ${capOutput(body)}` };
  return { result: 'success', output: capOutput(body) };
};
