import { describe, expect, it } from 'vitest';
import { redactUrl } from './redact-url.js';

describe('redactUrl', () => {
  it.each([
    ['https://example.test/pods.yaml', 'https://example.test/pods.yaml'],
    ['https://user:pass@example.test/pods.yaml', 'https://example.test/pods.yaml'],
    ['https://example.test/p?token=abc', 'https://example.test/p?token=xxxxx'],
    ['https://example.test/p?X-Amz-Signature=a%3Db&b=2', 'https://example.test/p?X-Amz-Signature=xxxxx&b=xxxxx'],
    ['https://example.test/p?s3cret', 'https://example.test/p?xxxxx'],
    ['https://example.test/p?a=', 'https://example.test/p?a=xxxxx'],
    ['https://example.test/p#access_token=abc', 'https://example.test/p'],
    ['user:pass@nowhere at all', 'xxxxx'],
  ])('shows %s as %s', (url, shown) => expect(redactUrl(url)).toBe(shown));
});
