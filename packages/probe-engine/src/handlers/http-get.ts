import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HTTPGetAction } from '@solo-kubelet/pod-spec';
import { authority, followLocation, formatRequest, type HttpAddress, requestTarget } from '../core/http-request.js';
import { type HttpResponse, readResponse } from '../core/http-response.js';
import { resolvePort } from '../core/resolve-port.js';
import { capOutput, MAX_OUTPUT_BYTES, onAbort, type ProbeAttemptOptions, type ProbeHandler, type ProbeOutcome } from '../probe-handler.js';
import { targetHost } from '../probe-target.js';

const MAX_REDIRECTS = 10;

/**
 * Success on a status of 200 to 399 (pkg/probe/http/http.go). Redirects are followed within the host name; one that leaves it is a
 * warning. TLS is not verified; no proxy, no keep-alive, no compression. Speaks HTTP/1.1 over
 * plain sockets, without a client's agent, parser and message objects (docs/decisions/035).
 */
export const httpGetHandler = (): ProbeHandler<'httpGet', HTTPGetAction> => ({
  field: 'httpGet',
  probe: async (action, target, options) => {
    const port = resolvePort(action.port, target.ports);
    if (port === undefined) return { result: 'unknown', output: `invalid port: ${action.port}` };
    const scheme = action.scheme?.toUpperCase() === 'HTTPS' ? 'https' : 'http';
    let address: HttpAddress = { scheme, hostname: targetHost(target, action.host), port, target: requestTarget(action.path ?? '/') };
    const url = `${address.scheme}://${authority(address)}${address.target}`;
    for (let redirects = 0; ; redirects += 1) {
      const request = formatRequest(address, action.httpHeaders);
      if (request === undefined) return { result: 'unknown', output: 'a header of the probe cannot be sent' };
      const answer = await exchange(address, request, options);
      if (answer.type === 'failed') return { result: 'failure', output: `Get "${url}": ${answer.why}` };
      if (answer.type !== 'complete') return { result: 'unknown', output: `Get "${url}": ${answer.why}` };
      const next = isRedirect(answer.status) && answer.location ? followLocation(address, answer.location) : undefined;
      if (next === undefined) return judge(answer);
      if (redirects >= MAX_REDIRECTS) return { result: 'failure', output: `Get "${url}": stopped after ${MAX_REDIRECTS} redirects` };
      address = next;
    }
  },
});

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

const judge = ({ status, body }: HttpResponse & { type: 'complete' }): ProbeOutcome => {
  if (status < 200 || status >= 400) return { result: 'failure', output: `HTTP probe failed with statuscode: ${status}` };
  if (status >= 300) return { result: 'warning', output: `Probe terminated redirects, Response body: ${capOutput(body)}` };
  return { result: 'success', output: capOutput(body) };
};

type Exchange = (HttpResponse & { type: 'complete' }) | { readonly type: 'failed' | 'broken'; readonly why: string };

/** One request and what came back. `failed`: no answer. `broken`: an answer whose body did not arrive whole. */
const exchange = (address: HttpAddress, request: string, options: ProbeAttemptOptions): Promise<Exchange> =>
  new Promise((resolve) => {
    let received: Buffer = Buffer.alloc(0);
    let status = false;
    let ignore = (): void => {};
    const socket = open(address, () => socket.write(request, 'latin1'));
    const end = (answer: Exchange): void => {
      ignore();
      socket.destroy();
      resolve(answer);
    };
    const giveUp = (why: string): void => end({ type: status ? 'broken' : 'failed', why });
    const read = (ended: boolean): void => {
      const response = readResponse(received, ended, MAX_OUTPUT_BYTES);
      if (response.type === 'complete') end(response);
      else if (response.type === 'malformed') giveUp(response.why);
      else status ||= received.includes('\r\n\r\n', 0, 'latin1');
    };
    socket.on('data', (part) => {
      received = received.length === 0 ? part : Buffer.concat([received, part]);
      read(false);
    });
    socket.on('end', () => read(true));
    socket.on('error', (error) => giveUp(error.message));
    ignore = onAbort(options, () => giveUp('context deadline exceeded (Client.Timeout exceeded while awaiting the answer)'));
  });

const open = ({ scheme, hostname: host, port }: HttpAddress, connected: () => void): Socket => {
  if (scheme === 'http') return connect({ host, port }, connected);
  return connectTls(
    { host, port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'], ...(isIP(host) ? {} : { servername: host }) },
    connected,
  );
};
