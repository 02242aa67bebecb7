import { describe, expect, it } from 'vitest';
import { objectUrl } from '../core/bucket-address.js';
import { signRequest } from './sign-request.js';

const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const server = { endpoint: 'https://s3.amazonaws.com', pathStyle: false, region: 'us-east-1' };

describe('a signed request', () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  it.each([
    [
      [
        ['max-keys', '2'],
        ['prefix', 'J'],
      ],
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
    [[['lifecycle', '']], 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
  ] as const)("is that of AWS's examples: %j", async (query, signature) => {
    const options = { credentials, region: 'us-east-1', nowMs: Date.UTC(2013, 4, 24) };
    const headers = await signRequest(objectUrl(server, 'examplebucket', '', query), {}, options);
    expect(Object.fromEntries(headers)['authorization']).toMatch(
      new RegExp(
        `^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signature}$`,
      ),
    );
  });

  it('shows a token of a session, and signs it', async () => {
    const options = { credentials: { ...credentials, sessionToken: 'token' }, region: 'us-east-1', nowMs: 0 };
    const headers = Object.fromEntries(await signRequest(objectUrl(server, 'b', 'k'), { 'if-none-match': '"e"' }, options));
    expect(headers).toMatchObject({ 'x-amz-security-token': 'token', 'if-none-match': '"e"' });
    expect(headers['authorization']).toContain('SignedHeaders=host;if-none-match;x-amz-content-sha256;x-amz-date;x-amz-security-token');
  });
});
