import { Agent, request } from 'node:https';

const TIMEOUT_MS = 30_000;
/** How long a watch is silent before it counts as told everything, ms. */
const QUIET_MS = 700;

/** A server under comparison: its address, and the tokens of its users by name. */
export const createServer = (url, tokens) => {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  const send = ({ method, path, headers, body }, onResponse) =>
    new Promise((resolve, reject) => {
      const sent = request({ hostname, port, path, method, headers, agent, timeout: TIMEOUT_MS }, (response) =>
        onResponse(response, resolve, sent),
      );
      sent.once('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS} ms: ${method} ${path}`)));
      sent.once('error', reject);
      sent.end(body);
    });
  const exchange = (question) =>
    send(question, (response, resolve) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.once('end', () => resolve({ code: response.statusCode, headers: response, data: Buffer.concat(chunks) }));
    });
  /** Reads a watch until nothing was new for a moment. */
  const stream = (question) =>
    send(question, (response, resolve, sent) => {
      const chunks = [];
      let timer;
      const finish = (end) => {
        clearTimeout(timer);
        response.removeAllListeners('data');
        sent.on('error', () => {});
        sent.destroy();
        resolve({ code: response.statusCode, headers: response, data: Buffer.concat(chunks), end });
      };
      const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(() => finish('open'), QUIET_MS);
      };
      response.on('data', (chunk) => {
        chunks.push(chunk);
        wait();
      });
      response.once('end', () => finish('closed'));
      wait();
    });
  return { url, tokens, exchange, stream, close: () => agent.destroy() };
};

/** The users of a token file, by name. */
export const readTokens = (text) =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(','))
      .map(([token, user]) => [user, token]),
  );

const COMPARED_HEADERS = ['allow', 'retry-after', 'www-authenticate', 'location'];

const headersOf = (response) => {
  const { headers, rawHeaders } = response;
  const type = headers['content-type'] ?? null;
  const warnings = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1].toLowerCase() === 'warning');
  const rest = COMPARED_HEADERS.filter((name) => headers[name] !== undefined).map((name) => [name, headers[name]]);
  return {
    ...(type !== 'application/json' && { 'content-type': type }),
    ...(warnings.length > 0 && { warning: warnings }),
    ...Object.fromEntries(rest),
  };
};

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const lookUp = (answers, name) => {
  const [step, ...path] = name.split('.');
  let value = answers[Number(step)]?.body;
  for (const key of path) value = value?.[key];
  return typeof value === 'string'
    ? value
    : value === undefined
      ? `missing-${name.toLowerCase().replace(/[^a-z0-9]/g, '-')}`
      : JSON.stringify(value);
};

const fill = (value, tokenOf) => {
  if (typeof value === 'string') return value.replace(/\{\{([^{}]+)\}\}/g, (_, name) => tokenOf(name));
  if (Array.isArray(value)) return value.map((item) => fill(item, tokenOf));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [fill(key, tokenOf), fill(inner, tokenOf)]));
};

const bodyOf = (step, tokenOf) => {
  if (step.body !== undefined) return Buffer.from(JSON.stringify(fill(step.body, tokenOf)));
  if (step.text !== undefined) return Buffer.from(fill(step.text, tokenOf));
  if (step.base64 !== undefined) return Buffer.from(step.base64, 'base64');
  if (step.repeat === undefined) return undefined;
  const { before, unit, count, after } = step.repeat;
  return Buffer.from(fill(before + unit.repeat(count) + after, tokenOf));
};

const requestHeaders = (step, server, body, tokenOf) => {
  const { user = 'admin', token } = step;
  const headers = { 'User-Agent': 'corpus/1', Accept: 'application/json' };
  if (body !== undefined) Object.assign(headers, { 'Content-Type': 'application/json', 'Content-Length': body.length });
  if (token !== undefined) headers.Authorization = `Bearer ${fill(token, tokenOf)}`;
  else if (user !== '') headers.Authorization = `Bearer ${server.tokens[user] ?? `no-token-for-${user}`}`;
  for (const [key, value] of Object.entries(step.headers ?? {})) {
    if (value === null) delete headers[key];
    else headers[key] = fill(value, tokenOf);
  }
  return headers;
};

const CREATE_NAMESPACE = {
  method: 'POST',
  path: '/api/v1/namespaces',
  body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: '{{ns}}' } },
};

const answerOf = (step, { code, headers, data, end }) => {
  const text = data.toString();
  const shown = { code, headers: headersOf(headers) };
  if (step.watch && text.startsWith('{"type":')) {
    const events = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => parsed(line) ?? { type: 'TEXT', object: line });
    return { ...shown, events, end, body: events };
  }
  const body = parsed(text);
  return body === undefined || typeof body !== 'object' ? { ...shown, text } : { ...shown, body };
};

/** Objects without a namespace that a script may have made: they would be there for the next one. */
const leftovers = (steps) => {
  const made = steps.filter(
    ({ method, path, body }) => method === 'POST' && !path.includes('/namespaces/') && typeof body?.metadata?.name === 'string',
  );
  return [...new Set(made.map(({ path, body }) => `${path.split('?')[0]}/${body.metadata.name}`))].filter((path) =>
    path.includes('{{ns}}'),
  );
};

/** Plays a script against a server: its answers, one a step. `nowMs` is the time that `{{now-90}}` counts from. */
export const playScript = async (server, script, { ns, nowMs }) => {
  const answers = [];
  const tokenOf = (name) => {
    if (name === 'ns') return ns;
    if (name === 'server') return server.url;
    const now = /^now([+-]\d+)?$/.exec(name);
    return now ? `${new Date(nowMs + Number(now[1] ?? 0) * 1000).toISOString().slice(0, 19)}Z` : lookUp(answers, name);
  };
  const ask = async (step) => {
    const body = bodyOf(step, tokenOf);
    const path = fill(step.path, (name) => encodeURIComponent(tokenOf(name)));
    const question = { method: step.method, path, headers: requestHeaders(step, server, body, tokenOf), body };
    try {
      return answerOf(step, await (step.watch ? server.stream(question) : server.exchange(question)));
    } catch (error) {
      return { code: 0, headers: {}, text: error.message };
    }
  };
  if (script.ns !== false) await ask(CREATE_NAMESPACE);
  for (const step of script.steps) {
    if (step.settle) await new Promise((resolve) => setTimeout(resolve, 300));
    answers.push(await ask(step));
  }
  for (const path of leftovers(script.steps)) {
    await ask({
      method: 'PATCH',
      path,
      headers: { 'Content-Type': 'application/merge-patch+json' },
      body: { metadata: { finalizers: null } },
    });
    await ask({ method: 'DELETE', path });
  }
  return answers;
};
