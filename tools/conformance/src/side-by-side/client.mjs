import { Agent, request } from 'node:https';

const TOKEN = 'token-of-admin';
const TIMEOUT_MS = 60_000;

/** A client over TLS that keeps its connections; by default one. */
export const createClient = (url, connections = 1) => {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: connections, rejectUnauthorized: false });
  const open = (method, path, body, type, onResponse, reject) => {
    const data = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = {
      Authorization: `Bearer ${TOKEN}`,
      Accept: 'application/json',
      ...(data && { 'Content-Type': type, 'Content-Length': data.length }),
    };
    const sent = request({ hostname, port, method, path, headers, agent, timeout: TIMEOUT_MS }, onResponse);
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS} ms: ${method} ${path}`)));
    sent.once('error', reject);
    sent.end(data);
    return sent;
  };
  /** The answer's body. @throws Error for a code that is no success */
  const ask = (method, path, body, type = 'application/json') =>
    new Promise((resolve, reject) => {
      open(
        method,
        path,
        body,
        type,
        (response) => {
          const chunks = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.once('end', () => {
            const text = Buffer.concat(chunks).toString();
            if (response.statusCode < 300) resolve(text);
            else reject(new Error(`${method} ${path}: ${response.statusCode} ${text.slice(0, 300)}`));
          });
        },
        reject,
      );
    });
  /** Follows a watch: every chunk is told to whoever waits for the next one. */
  const follow = (path) =>
    new Promise((resolve, reject) => {
      let told = () => {};
      const sent = open(
        'GET',
        path,
        undefined,
        '',
        (response) => {
          response.on('data', () => told());
          resolve({ next: () => new Promise((done) => (told = done)), close: () => sent.destroy() });
        },
        reject,
      );
    });
  return { url, ask, follow, close: () => agent.destroy() };
};
