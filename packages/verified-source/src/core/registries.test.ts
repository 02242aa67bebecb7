import { describe, expect, it } from 'vitest';
import { parseArtifact, parseReferrers } from './artifact.js';
import { parseChallenge } from './challenge.js';
import { mayAskForToken, parseToken } from './registry-token.js';

const digest = (char: string): string => `sha256:${char.repeat(64)}`;
const layer = (char: string, title?: string) => ({
  mediaType: 'application/x',
  digest: digest(char),
  size: 3,
  ...(title !== undefined && { annotations: { 'org.opencontainers.image.title': title } }),
});

describe('the manifest of an artifact', () => {
  it('has one file, and what is named after it', () => {
    const parsed = parseArtifact(
      JSON.stringify({ layers: [layer('b', 'site.yaml.minisig'), layer('a', 'site.yaml'), layer('c', 'site.yaml.sig')] }),
    );
    expect(parsed).toMatchObject({
      ok: true,
      artifact: { content: { digest: digest('a') }, beside: [{ title: 'site.yaml.minisig' }, {}] },
    });
    expect(parseArtifact(JSON.stringify({ layers: [layer('a')] }))).toMatchObject({
      ok: true,
      artifact: { content: { title: undefined }, beside: [] },
    });
  });

  it.each([
    ['no JSON', /no JSON object/],
    ['[]', /no JSON object/],
    ['{}', /no list/],
    [JSON.stringify({ layers: [] }), /no layer/],
    [JSON.stringify({ manifests: [] }), /an index of several/],
    [JSON.stringify({ layers: [layer('a', 'a.yaml'), layer('b', 'b.yaml')] }), /it has 2 files \("a.yaml", "b.yaml"\): push one manifest/],
    [JSON.stringify({ layers: [{ ...layer('a'), digest: 'sha256:../../x' }] }), /no digest/],
    [JSON.stringify({ layers: [{ ...layer('a'), size: -1 }] }), /no size/],
    [JSON.stringify({ layers: [null] }), /no digest/],
    [JSON.stringify({ layers: Array.from({ length: 65 }, () => layer('a')) }), /at most 64 layers/],
  ])('of another kind is refused: %#', (text, message) => {
    const parsed = parseArtifact(text);
    expect(parsed.ok ? '' : parsed.message).toMatch(message);
  });

  it('is referred to, by the latest first, within limits', () => {
    const one = (char: string, created?: string) => ({
      digest: digest(char),
      ...(created !== undefined && { annotations: { 'org.opencontainers.image.created': created } }),
    });
    expect(
      parseReferrers(JSON.stringify({ manifests: [one('a'), one('b', '2026-01-01'), one('c', '2026-02-01'), null, { digest: 'x/../y' }] })),
    ).toEqual([digest('c'), digest('b'), digest('a')]);
    expect(parseReferrers(JSON.stringify({ manifests: Array.from({ length: 5_000 }, () => one('a')) }))).toHaveLength(32);
    expect(parseReferrers('<html>')).toBeUndefined();
  });
});

describe('a challenge', () => {
  it.each([
    ['Basic realm="x"', { scheme: 'basic' }],
    ['basic', { scheme: 'basic' }],
    [
      'Bearer realm="https://a/token",service="r, x",scope="repository:a:pull"',
      { scheme: 'bearer', realm: 'https://a/token', service: 'r, x' },
    ],
    ['bearer realm=https://a/token', { scheme: 'bearer', realm: 'https://a/token', service: undefined }],
    ['Basic realm="x", Bearer realm="https://a"', { scheme: 'bearer', realm: 'https://a', service: undefined }],
    ['Bearer service="x"', undefined],
    ['Negotiate', undefined],
    ['', undefined],
  ])('%s', (header, challenge) => expect(parseChallenge(header)).toEqual(challenge));
});

describe('a token', () => {
  it.each([
    ['{"token":"a","expires_in":300}', { token: 'a', forMs: 300_000 }],
    ['{"access_token":"b"}', { token: 'b', forMs: 60_000 }],
    ['{"token":"","access_token":"c","expires_in":1e99}', { token: 'c', forMs: 86_400_000 }],
    ['{"token":"a\\r\\nX: y"}', undefined],
    ['{}', undefined],
    ['null', undefined],
    ['<html>', undefined],
  ])('%s', (text, token) => expect(parseToken(text)).toEqual(token));

  it.each([
    ['https://auth.example.org/token', 'https://registry.example.org', true],
    ['http://auth.example.org/token', 'https://registry.example.org', false],
    ['http://registry.lan:5001/token', 'http://registry.lan:5000', true],
    ['https://evil.example.org/token', 'http://registry.lan:5000', false],
    ['file:///etc/shadow', 'http://registry.lan', false],
    ['token', 'https://registry.example.org', false],
  ])('may be asked for at %s of %s: %s', (realm, registry, may) => expect(mayAskForToken(realm, registry)).toBe(may));
});
