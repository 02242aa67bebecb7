import type { AwsCredentials } from '../core/aws-credentials.js';

export interface SignOptions {
  readonly credentials: AwsCredentials;
  readonly region: string;
  /** Ms since 1970. */
  readonly nowMs: number;
}

/** SHA-256 of nothing, which is what a GET sends. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Headers of a GET with those of AWS's signature v4: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html. */
export const signRequest = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  { credentials, region, nowMs }: SignOptions,
): Promise<readonly (readonly [name: string, value: string])[]> => {
  // Loaded where a bucket is asked with credentials.
  const { AwsV4Signer } = await import('aws4fetch');
  const datetime = new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, '');
  const signer = new AwsV4Signer({
    url,
    headers: { ...headers, 'x-amz-content-sha256': EMPTY },
    ...credentials,
    service: 's3',
    region,
    datetime,
  });
  return [...(await signer.sign()).headers];
};
