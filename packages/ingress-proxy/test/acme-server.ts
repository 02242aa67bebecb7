import { execFile } from 'node:child_process';
import { createHash, createPublicKey, randomBytes, verify, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { JWK } from 'jose';
import { ELLIPTIC, opensslPair } from './openssl-pair.js';

const run = promisify(execFile);

export interface AcmeServer extends AsyncDisposable {
  readonly directoryUrl: string;
  /** Of its own certificate. */
  readonly ca: string;
  /** Of what it issues. */
  readonly issuerPem: string;
  /** What it was asked, by the last part of the path. */
  readonly asked: readonly string[];
  readonly accounts: () => number;
  /** Of all challenges. */
  readonly tokens: () => readonly string[];
  /** Answers the next request for a path, by its first part, with something else. */
  fail(path: string, answer: Answer): void;
  forgetAccounts(): void;
}

export interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly detail?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of a problem. */
  readonly body?: string;
}

export interface AcmeServerOptions {
  /** Where the port of HTTP of all hosts is. */
  readonly httpPort: () => number;
  readonly days?: number;
  /** Makes something else of the certificates that it issues. Default: nothing. */
  readonly alter?: (certificatePem: string) => string;
}

interface Order {
  readonly hosts: readonly string[];
  readonly tokens: readonly string[];
  readonly thumbprint: string;
  readonly valid: Map<string, 'pending' | 'valid' | 'invalid'>;
  certificate?: string;
}

/** A server of RFC 8555 with what HTTP-01 needs. Every signature, nonce and URL is checked; hosts are asked at 127.0.0.1. */
export const startAcmeServer = async ({ httpPort, days = 90, alter = (pem) => pem }: AcmeServerOptions): Promise<AcmeServer> => {
  const directory = await mkdtemp(join(tmpdir(), 'acme-'));
  const own = await opensslPair(['localhost']);
  const issuer = await opensslPair(['issuer.test'], ...ELLIPTIC);
  await writeFile(join(directory, 'ca.pem'), issuer.certificatePem);
  await writeFile(join(directory, 'ca.key'), issuer.keyPem);
  const nonces = new Set<string>();
  const accounts = new Map<string, { readonly jwk: JWK; readonly thumbprint: string }>();
  const orders: Order[] = [];
  const failures: { readonly path: string; readonly answer: Answer }[] = [];
  const asked: string[] = [];
  let base = '';

  const newNonce = (): string => {
    const nonce = randomBytes(12).toString('base64url');
    nonces.add(nonce);
    return nonce;
  };
  const problem = (status: number, type: string, detail: string): Answer => ({ status, type, detail });
  const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Answer => ({
    status,
    headers,
    body: JSON.stringify(body),
  });
  const decode = (text: string): string => Buffer.from(text, 'base64url').toString('utf8');

  const issue = async (csr: string, order: Order): Promise<Answer> => {
    const names = join(directory, 'names');
    await writeFile(join(directory, 'request.der'), Buffer.from(csr, 'base64url'));
    await writeFile(names, `subjectAltName=${order.hosts.map((host) => `DNS:${host}`).join(',')}\n`);
    const read = await run('openssl', ['req', '-inform', 'DER', '-in', join(directory, 'request.der'), '-noout', '-text', '-verify']);
    const inRequest = [...read.stdout.matchAll(/DNS:([^,\s]+)/g)].map(([, name]) => name);
    if (inRequest.sort().join() !== [...order.hosts].sort().join()) return problem(400, 'badCSR', `it is for ${inRequest.join()}`);
    await run('openssl', ['req', '-inform', 'DER', '-in', join(directory, 'request.der'), '-out', join(directory, 'request.pem')]);
    await run('openssl', [
      ...['x509', '-req', '-in', join(directory, 'request.pem'), '-CA', join(directory, 'ca.pem'), '-CAkey', join(directory, 'ca.key')],
      ...['-CAcreateserial', '-days', String(days), '-extfile', names, '-out', join(directory, 'leaf.pem')],
    ]);
    order.certificate = `${alter(await readFile(join(directory, 'leaf.pem'), 'utf8'))}${issuer.certificatePem}`;
    return json({ status: 'processing' });
  };

  const validate = async (order: Order, host: string, token: string): Promise<void> => {
    const said = await new Promise<string>((resolve) => {
      const sent = get(
        { host: '127.0.0.1', port: httpPort(), path: `/.well-known/acme-challenge/${token}`, headers: { host } },
        (incoming) => {
          let body = '';
          incoming.on('data', (data: Buffer) => {
            body += data.toString();
          });
          incoming.on('end', () => resolve(`${incoming.statusCode} ${body}`));
        },
      );
      sent.on('error', (error) => resolve(error.message));
    });
    order.valid.set(host, said === `200 ${token}.${order.thumbprint}` ? 'valid' : 'invalid');
  };

  const answerTo = async (path: string, raw: string): Promise<Answer> => {
    const { protected: head, payload, signature } = JSON.parse(raw) as Record<'protected' | 'payload' | 'signature', string>;
    const header = JSON.parse(decode(head)) as {
      readonly alg: string;
      readonly nonce: string;
      readonly url: string;
      readonly kid?: string;
      readonly jwk?: JWK;
    };
    if (header.url !== `${base}${path}`) return problem(401, 'unauthorized', 'the url is another');
    if (!nonces.delete(header.nonce)) return problem(400, 'badNonce', 'unknown nonce');
    const account = header.kid === undefined ? undefined : accounts.get(header.kid);
    if (header.kid !== undefined && account === undefined) return problem(400, 'accountDoesNotExist', 'nobody has this account');
    const jwk = account?.jwk ?? header.jwk;
    if (jwk === undefined || header.alg !== 'ES256') return problem(400, 'malformed', 'no key');
    const key = createPublicKey({ key: jwk as Record<string, string>, format: 'jwk' });
    if (!verify('sha256', Buffer.from(`${head}.${payload}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')))
      return problem(401, 'unauthorized', 'the signature is wrong');
    const said = payload === '' ? undefined : (JSON.parse(decode(payload)) as Record<string, unknown>);
    const [, what = '', number = '', host = ''] = path.split('/');
    if (what === 'account') {
      if (said?.['termsOfServiceAgreed'] !== true) return problem(403, 'userActionRequired', 'terms');
      const { crv, kty, x, y } = jwk;
      const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
      const url = `${base}/account/${thumbprint}`;
      accounts.set(url, { jwk, thumbprint });
      return json({ status: 'valid' }, 201, { location: url });
    }
    if (account === undefined) return problem(400, 'malformed', 'no account');
    const index = Number(number);
    if (what === 'order' && number === '') {
      const hosts = ((said?.['identifiers'] ?? []) as readonly { readonly value: string }[]).map(({ value }) => value);
      const tokens = hosts.map(() => randomBytes(24).toString('base64url'));
      orders.push({ hosts, tokens, thumbprint: account.thumbprint, valid: new Map(hosts.map((each) => [each, 'pending'])) });
      return json(orderObject(orders.length - 1), 201, { location: `${base}/order/${orders.length - 1}` });
    }
    const order = orders[index];
    if (order === undefined) return problem(404, 'malformed', 'no such order');
    switch (what) {
      case 'order':
        return json(orderObject(index));
      case 'authorization':
        return json({
          status: order.valid.get(host),
          identifier: { type: 'dns', value: host },
          challenges: [
            { type: 'dns-01', url: `${base}/dns/${index}/${host}`, token: 'x' },
            {
              type: 'http-01',
              url: `${base}/challenge/${index}/${host}`,
              token: order.tokens[order.hosts.indexOf(host)],
              ...(order.valid.get(host) === 'invalid' && {
                error: { type: 'urn:ietf:params:acme:error:unauthorized', detail: 'wrong answer' },
              }),
            },
          ],
        });
      case 'challenge':
        void validate(order, host, order.tokens[order.hosts.indexOf(host)] ?? '');
        return json({ status: 'processing' });
      case 'finalize':
        return [...order.valid.values()].every((each) => each === 'valid')
          ? issue(String(said?.['csr']), order)
          : problem(403, 'orderNotReady', 'not yet');
      case 'certificate':
        return { status: 200, body: order.certificate ?? '' };
      default:
        return problem(404, 'malformed', `no ${what}`);
    }
  };
  const orderObject = (index: number): object => {
    const order = orders[index];
    return {
      status: order?.certificate !== undefined ? 'valid' : 'pending',
      finalize: `${base}/finalize/${index}`,
      authorizations: order?.hosts.map((host) => `${base}/authorization/${index}/${host}`),
      ...(order?.certificate !== undefined && { certificate: `${base}/certificate/${index}` }),
    };
  };

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = incoming.url ?? '';
    const what = path.split('/')[1] ?? '';
    asked.push(what);
    let raw = '';
    for await (const part of incoming) raw += String(part);
    const at = failures.findIndex((each) => each.path === what);
    const [failure] = at < 0 ? [] : failures.splice(at, 1);
    const answer =
      failure?.answer ??
      (what === 'directory'
        ? json({ newNonce: `${base}/nonce`, newAccount: `${base}/account`, newOrder: `${base}/order` })
        : what === 'nonce'
          ? { status: 200, body: '' }
          : await answerTo(path, raw));
    const { status, type, detail, headers = {}, body } = answer;
    response.writeHead(status, { ...headers, 'replay-nonce': newNonce() });
    response.end(body ?? JSON.stringify({ type: `urn:ietf:params:acme:error:${type}`, detail }));
  };

  const server = createServer({ cert: own.certificatePem, key: own.keyPem }, (incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      response.writeHead(500);
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `https://localhost:${(server.address() as AddressInfo).port}`;
  return {
    directoryUrl: `${base}/directory`,
    ca: own.certificatePem,
    issuerPem: new X509Certificate(issuer.certificatePem).toString(),
    asked,
    accounts: () => accounts.size,
    tokens: () => orders.flatMap((order) => order.tokens),
    fail: (path, answer) => void failures.push({ path, answer }),
    forgetAccounts: () => accounts.clear(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
};
