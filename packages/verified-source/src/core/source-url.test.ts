import { describe, expect, it } from 'vitest';
import { isDirectoryUrl, parseSourceUrl } from './source-url.js';

const SHA256 = `sha256:${'a'.repeat(64)}`;

describe('the URL of a source', () => {
  it.each([
    ['https://example.org/site.yaml', { type: 'web' }],
    ['bundle:', { type: 'bundle' }],
    ['s3://fleet/site.yaml', { type: 'bucket', bucket: 'fleet', key: 'site.yaml' }],
    ['s3://my.fleet/a b/ü+?#%2e.yaml', { type: 'bucket', bucket: 'my.fleet', key: 'a b/ü+?#%2e.yaml' }],
    ['s3://fleet/site/', { type: 'bucket', bucket: 'fleet', key: 'site/' }],
    ['s3://fleet/', { type: 'bucket', bucket: 'fleet', key: '' }],
    [
      'oci://registry.example.org/fleet/site:v1',
      { type: 'artifact', registry: 'registry.example.org', repository: 'fleet/site', tag: 'v1' },
    ],
    ['oci://localhost:5000/a__b/c-d.e:latest', { type: 'artifact', registry: 'localhost:5000', repository: 'a__b/c-d.e', tag: 'latest' }],
    ['oci://[::1]:5000/site:a', { type: 'artifact', registry: '[::1]:5000', repository: 'site', tag: 'a' }],
    [`oci://r/site@${SHA256}`, { type: 'artifact', registry: 'r', repository: 'site', digest: SHA256 }],
    [`oci://r/site:v1@${SHA256}`, { type: 'artifact', registry: 'r', repository: 'site', tag: 'v1', digest: SHA256 }],
  ])('%s', (url, target) => expect(parseSourceUrl(url)).toEqual({ ok: true, target }));

  it.each([
    ['ftp://x/y', /http, https, s3 or oci/],
    ['file:///etc/passwd', /http, https, s3 or oci/],
    ['bundle:x', /or bundle:/],
    ['site.yaml', /http, https, s3 or oci/],
    ['s3://fleet', /want a key/],
    ['s3://FLEET/x', /s3:\/\/BUCKET\/KEY/],
    ['s3://user:password@fleet/x', /s3:\/\/BUCKET\/KEY/],
    ['s3://a..b/x', /s3:\/\/BUCKET\/KEY/],
    ['s3://ab/x', /3 to 63/],
    ['s3://fleet/../other/x', /part that is \. or \.\./],
    ['s3://fleet/a/./x', /part that is \. or \.\./],
    ['s3://fleet/a\u0007', /control characters/],
    [`s3://fleet/${'k'.repeat(1_025)}`, /1024 bytes/],
    ['oci://registry', /oci:\/\/REGISTRY/],
    ['oci://user:password@registry/site:v1', /oci:\/\/REGISTRY/],
    ['oci://registry/site', /tag or a digest/],
    ['oci://registry/Site:v1', /repository/],
    ['oci://registry/../site:v1', /repository/],
    ['oci://registry//site:v1', /repository/],
    ['oci://registry/site:', /tag/],
    ['oci://registry/site:../x', /tag/],
    ['oci://registry/site@sha256:abc', /digest/],
    [`oci://registry/site@md5:${'a'.repeat(32)}`, /digest/],
    [`oci://${'a.'.repeat(2_000)}/site:v1`, /oci:\/\/REGISTRY/],
    [`oci://registry/${'a-'.repeat(5_000)}:v1`, /repository/],
  ])('%s is refused', (url, message) => {
    const parsed = parseSourceUrl(url);
    expect(parsed.ok ? undefined : parsed.message).toMatch(message);
    expect(parsed.ok ? '' : parsed.message).not.toContain('password');
  });

  it.each([
    ['s3://fleet/', true],
    ['s3://fleet/site/', true],
    ['s3://fleet/site', false],
    ['s3://fleet/site/a.yaml', false],
    ['https://example.org/site/', false],
    ['oci://r/site:v1', false],
  ])('%s names a directory: %s', (url, is) => expect(isDirectoryUrl(url)).toBe(is));
});
