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

  it("is that of AWS's example of a PUT, over what is sent", async () => {
    const options = {
      credentials,
      region: 'us-east-1',
      nowMs: Date.UTC(2013, 4, 24),
      method: 'PUT',
      body: 'Welcome to Amazon S3.',
    } as const;
    const own = { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' };
    const headers = Object.fromEntries(await signRequest(objectUrl(server, 'examplebucket', 'test$file.text'), own, options));
    expect(headers).toMatchObject({
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      authorization: expect.stringMatching(/Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd$/),
    });
  });

  it('shows a token of a session, and signs it', async () => {
    const options = { credentials: { ...credentials, sessionToken: 'token' }, region: 'us-east-1', nowMs: 0 };
    const headers = Object.fromEntries(await signRequest(objectUrl(server, 'b', 'k'), { 'if-none-match': '"e"' }, options));
    expect(headers).toMatchObject({ 'x-amz-security-token': 'token', 'if-none-match': '"e"' });
    expect(headers['authorization']).toContain('SignedHeaders=host;if-none-match;x-amz-content-sha256;x-amz-date;x-amz-security-token');
  });

  // Made by botocore 1.43, the library of the AWS command line: S3SigV4Auth at this time, region and credentials.
  it.each([
    ['with space +%ü', undefined, '0f76f157c540d9720cc6e052202298f81896721d5e92f3c3ad8675a03b61e954'],
    ["quote's star*(!)", undefined, '6717c44c013523365953cf69e9ec47aab11cd415519d672404b0689eebdf8225'],
    ['a//b/🚀', undefined, '7175caad049865b99429b33007bfeb8d864d5e18347d43a79f6883eda9341c2c'],
    ['', ['100% a&b=c/', 'a+/=%'], '8b36b6f888a753bfcd3eae821b416afb7a40cbc3fc24b8b0e017178429f30131'],
  ] as const)('is that of another library for the odd key %j, with a token, in a bucket in the host', async (key, listed, signature) => {
    const named = { endpoint: 'https://s3.example.test:9000', pathStyle: false, region: 'eu-central-1' };
    const [prefix = '', token = ''] = listed ?? [];
    const query = [
      ['list-type', '2'],
      ['prefix', prefix],
      ['continuation-token', token],
      ['encoding-type', 'url'],
    ] as const;
    const secrets = { accessKeyId: 'AK', secretAccessKey: 'SK/+', sessionToken: 'IQo//+==' };
    const options = { credentials: secrets, region: 'eu-central-1', nowMs: Date.UTC(2026, 11, 1, 12) };
    const headers = await signRequest(objectUrl(named, 'fleet', key, listed && query), {}, options);
    expect(Object.fromEntries(headers)['authorization']).toMatch(new RegExp(`Signature=${signature}$`));
  });
});
