import { type OpenedResponse, openResponse, type RequestedBytes, requestBytes } from '@solo-kubelet/manifest-source';
import type { Way } from '../connections.js';
import type { AwsCredentials } from '../core/aws-credentials.js';
import { type BucketServer, objectUrl } from '../core/bucket-address.js';
import { type FieldName, sourceField } from './field-name.js';
import { fileHeaders } from './file-headers.js';
import type { FileRequest } from './place.js';
import { signRequest } from './sign-request.js';

export interface BucketClientOptions {
  readonly server: BucketServer;
  readonly bucket: string;
  /** undefined: requests are not signed. */
  readonly credentials: AwsCredentials | undefined;
  readonly way: Way;
  readonly timeoutMs: number;
  /** The machine's clock, ms since 1970: a server refuses what is signed at another time than its own. */
  readonly wallNow: () => number;
  readonly signal: AbortSignal;
  /** What a field of the settings is called where users write it. Default: as in the file of a source. */
  readonly fieldName?: FieldName;
}

export interface BucketRequest {
  /** Empty: the bucket itself. */
  readonly key: string;
  readonly query?: readonly (readonly [name: string, value: string])[];
  /** Of what is known already. */
  readonly etag?: string | undefined;
  readonly maxBytes: number;
}

/** An answer; `said`: the status with what the server says about it, such as `403 Forbidden (SignatureDoesNotMatch)`. */
export type BucketAnswer =
  | (Extract<RequestedBytes, { readonly type: 'answered' }> & { readonly said: string })
  | Extract<RequestedBytes, { readonly type: 'failed' }>;

/** How much is read of an answer that only says what is wrong. */
export const MAX_ERROR_BYTES = 4_096;

/** Opens an object of a bucket, or a piece of it, whose body is left to whoever asks. Never rejects. */
export const openObject = async (
  { server, bucket, credentials, way, wallNow }: Omit<BucketClientOptions, 'timeoutMs' | 'signal'>,
  key: string,
  { range, signal }: Pick<FileRequest, 'range' | 'signal'>,
): Promise<OpenedResponse> => {
  const url = objectUrl(server, bucket, key);
  const signed = credentials === undefined ? [] : await signRequest(url, {}, { credentials, region: server.region, nowMs: wallNow() });
  return openResponse({
    url,
    // Not signed: proxies may change what else a server is asked.
    headers: [...signed, ...fileHeaders(range)],
    foreignRedirects: credentials === undefined && !way.hasCredentials ? 'withHeaders' : 'refuse',
    connections: way.connections,
    signal,
  });
};

/** One GET of a bucket, signed where there are credentials. Never rejects. */
export type BucketClient = (request: BucketRequest) => Promise<BucketAnswer>;

export const bucketClient =
  ({ server, bucket, credentials, way, timeoutMs, wallNow, signal, fieldName }: BucketClientOptions): BucketClient =>
  async ({ key, query, etag, maxBytes }) => {
    const url = objectUrl(server, bucket, key, query);
    const headers = { ...(etag !== undefined && { 'if-none-match': etag }) };
    const answer = await requestBytes({
      url,
      headers:
        credentials === undefined
          ? Object.entries(headers)
          : await signRequest(url, headers, { credentials, region: server.region, nowMs: wallNow() }),
      timeoutMs,
      maxBytes,
      maxErrorBytes: MAX_ERROR_BYTES,
      foreignRedirects: credentials === undefined && !way.hasCredentials ? 'withoutHeaders' : 'refuse',
      connections: way.connections,
      signal,
    });
    return answer.type === 'failed' ? answer : { ...answer, said: saidOf(answer, { method: 'GET', ...(fieldName && { fieldName }) }) };
  };

/** What users can do about some of the codes of https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html. */
const HINTS: Readonly<Record<string, (nameOf: FieldName, method: 'GET' | 'PUT') => string>> = {
  RequestTimeTooSkewed: () => 'the clock of this node is not that of the server',
  SignatureDoesNotMatch: (nameOf) => `the secret key, or ${nameOf('region')}, is another than the server has`,
  AuthorizationHeaderMalformed: (nameOf) => `${nameOf('region')} is another than that of the bucket`,
  PermanentRedirect: (nameOf) => `the bucket is in another region: set ${nameOf('region')}, or ${nameOf('endpoint')}`,
  InvalidAccessKeyId: () => 'the server does not know the access key',
  AccessDenied: (_nameOf, method) =>
    method === 'PUT'
      ? 'the access key may not write it'
      : 'the access key may not read it; or it is not there, and the key may not list the bucket',
};

/** Such as `403 Forbidden (SignatureDoesNotMatch: …)`: a status with what the server says about it, and what to do. */
export const saidOf = (
  { statusLine, body, header }: Pick<Extract<RequestedBytes, { readonly type: 'answered' }>, 'statusLine' | 'body' | 'header'>,
  { method, fieldName = sourceField }: { readonly method: 'GET' | 'PUT'; readonly fieldName?: FieldName },
): string => {
  const code = codeOf(body);
  const region = header('x-amz-bucket-region');
  const words = [
    code,
    code === undefined || !Object.hasOwn(HINTS, code) ? undefined : HINTS[code]?.(fieldName, method),
    region !== undefined && /^[a-z0-9-]{1,40}$/.test(region) && code === 'PermanentRedirect' ? `it is in ${region}` : undefined,
  ].filter((word) => word !== undefined);
  return words.length === 0 ? statusLine : `${statusLine} (${words.join(': ')})`;
};

/** The word by which a server says what is wrong. */
export const codeOf = (body: Uint8Array): string | undefined =>
  /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(Buffer.from(body).toString('latin1'))?.[1];
