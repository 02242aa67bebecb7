import { createHash } from 'node:crypto';
import type { AwsCredentials } from '../core/aws-credentials.js';

export interface SignOptions {
  readonly credentials: AwsCredentials;
  readonly region: string;
  /** Ms since 1970. */
  readonly nowMs: number;
  /** Default GET. */
  readonly method?: 'GET' | 'PUT';
  /** What is sent. Default: nothing. */
  readonly body?: string;
}

/** Headers of a request with those of AWS's signature v4: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html. */
export const signRequest = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  { credentials, region, nowMs, method = 'GET', body = '' }: SignOptions,
): Promise<readonly (readonly [name: string, value: string])[]> => {
  // Loaded where a bucket is asked with credentials.
  const { AwsV4Signer } = await import('aws4fetch');
  const datetime = new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, '');
  const signer = new AwsV4Signer({
    method,
    url,
    headers: { ...headers, 'x-amz-content-sha256': createHash('sha256').update(body).digest('hex') },
    ...credentials,
    service: 's3',
    region,
    datetime,
  });
  return [...(await signer.sign()).headers];
};
