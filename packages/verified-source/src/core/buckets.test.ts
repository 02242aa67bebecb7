import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { environmentCredentials, parseAwsCredentials } from './aws-credentials.js';
import { objectUrl } from './bucket-address.js';
import { parseListing } from './bucket-listing.js';
import { formatChecksumList, MAX_FILES, parseChecksumList } from './checksum-list.js';
import { directoryFiles, packDirectory, unpackDirectory } from './directory-answer.js';

const hex = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('the URL of an object', () => {
  it.each([
    [{ region: 'eu-central-1' }, 'fleet', 'site.yaml', 'https://fleet.s3.eu-central-1.amazonaws.com/site.yaml'],
    [{ region: 'us-east-1' }, 'my.fleet', 'site.yaml', 'https://s3.us-east-1.amazonaws.com/my.fleet/site.yaml'],
    [{ region: 'r', pathStyle: true }, 'fleet', 'a/b', 'https://s3.r.amazonaws.com/fleet/a/b'],
    [{ region: 'r', endpoint: 'http://127.0.0.1:9000' }, 'fleet', 'a//b', 'http://127.0.0.1:9000/fleet/a//b'],
    [{ region: 'r', endpoint: 'https://s3.example.org', pathStyle: false }, 'fleet', 'x', 'https://fleet.s3.example.org/x'],
    [{ region: 'r', endpoint: 'http://h' }, 'fleet', "a b+c?d#e%2e'(ü)*", 'http://h/fleet/a%20b%2Bc%3Fd%23e%252e%27%28%C3%BC%29%2A'],
  ])('of %j, %s, %s', (server, bucket, key, url) => expect(objectUrl(server, bucket, key)).toBe(url));

  it('may ask for a listing', () =>
    expect(
      objectUrl({ region: 'r', endpoint: 'http://h' }, 'fleet', '', [
        ['list-type', '2'],
        ['prefix', 'a b/+'],
      ]),
    ).toBe('http://h/fleet?list-type=2&prefix=a%20b%2F%2B'));
});

describe('a list of sums', () => {
  it('is what sha256sum writes, of which the manifests count', () => {
    const text = [`${hex('b')}  b.yaml`, `${hex('a')} *./shop/a.json`, `${hex('r')}  README`, `${hex('h')}  .hidden/x.yaml`, ''].join('\n');
    expect(parseChecksumList(text)).toEqual({
      ok: true,
      files: [
        { name: 'b.yaml', hex: hex('b') },
        { name: 'shop/a.json', hex: hex('a') },
      ],
    });
  });

  it.each([
    ['', /names no manifest/],
    [`${hex('a')}  README\n`, /names no manifest/],
    ['<html>not found</html>', /no list of sha256sum in line 1/],
    [`${hex('a')}  a.yaml\n${'A'.repeat(64)}  b.yaml\n`, /in line 2/],
    [`\\${hex('a')}  a\\nb.yaml\n`, /in line 1/],
    [`${hex('a')}  ../a.yaml\n`, /path has a part that is \. or \.\.: "\.\.\/a\.yaml"/],
    [`${hex('a')}  x/../../a.yaml\n`, /part that is \. or \.\./],
    [`${hex('a')}  /etc/a.yaml\n`, /is absolute/],
    [`${hex('a')}  \u001b[31m.yaml\n`, /control characters: "\\u001b/],
    [`${hex('a')}  a.yaml\n${hex('b')}  ./a.yaml\n`, /"a.yaml" twice/],
    [Array.from({ length: MAX_FILES + 1 }, (_, at) => `${hex('a')}  ${at}.yaml\n`).join(''), /more than 256 manifests/],
    ['\n'.repeat(10_001), /more than 10000 lines/],
  ])('of another form is refused: %#', (text, message) => {
    const parsed = parseChecksumList(text);
    expect(parsed.ok ? '' : parsed.message).toMatch(message);
  });
});

describe('a directory', () => {
  const files = [
    { name: 'a.yaml', hex: hex('1') },
    { name: 'b.yaml', hex: hex('2') },
  ];
  const list = Buffer.from(formatChecksumList(files));

  it('is one text, and the same files again', () => {
    const directory = unpackDirectory(packDirectory({ list, contents: [Buffer.from('1'), Buffer.from('')] }));
    expect(directory && directoryFiles(directory)).toEqual({
      ok: true,
      files: [
        { ...files[0], content: Buffer.from('1') },
        { ...files[1], content: Buffer.from('') },
      ],
    });
  });

  it.each([[[]], [['1']], [['1', '2', '3']]])('with %j in the place of two files is none', (contents) => {
    const directory = unpackDirectory(packDirectory({ list, contents: contents.map((text) => Buffer.from(text)) }));
    expect(directory && directoryFiles(directory)).toMatchObject({ ok: false });
  });

  it('that ends early is none', () => {
    const packed = packDirectory({ list, contents: [Buffer.from('1'), Buffer.from('2')] });
    for (let length = 0; length < packed.length; length += 1) {
      const directory = unpackDirectory(packed.subarray(0, length));
      expect(directory === undefined ? { ok: false } : directoryFiles(directory)).toMatchObject({ ok: false });
    }
  });
});

describe('a listing', () => {
  const contents = (key: string): string => `<Contents><Key>${key}</Key><ETag>&quot;e&quot;</ETag><Size>3</Size></Contents>`;
  it('has keys, of which some servers encode none', () => {
    const listing = (more: string): string =>
      `<?xml version="1.0"?>\n<ListBucketResult xmlns="x"><IsTruncated>false</IsTruncated>${more}</ListBucketResult>`;
    const one = (key: string) => ({ keys: [{ key, etag: '"e"', size: 3 }], next: undefined });
    expect(parseListing(listing(`<EncodingType>url</EncodingType>${contents('a%2Bb+c.yaml')}`))).toEqual(one('a+b c.yaml'));
    expect(parseListing(listing(`${contents('a&amp;b+%2B&#x41;.yaml')}`))).toEqual(one('a&b+%2BA.yaml'));
    expect(parseListing(listing(''))).toEqual({ keys: [], next: undefined });
  });

  it('may go on', () => {
    const about = '<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b</NextContinuationToken>';
    expect(parseListing(`<ListBucketResult>${about}${contents('a')}</ListBucketResult>`)?.next).toBe('a&b');
    expect(parseListing(`<ListBucketResult>${contents('a')}${contents('b')}${about}</ListBucketResult>`)).toMatchObject({
      next: 'a&b',
      keys: [{}, {}],
    });
  });

  it.each([
    [''],
    ['<html></html>'],
    ['<ListBucketResult><Contents><Key>a</Key>'],
    ['<ListBucketResult><Contents><Size>3</Size></Contents></ListBucketResult>'],
    [`<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>`],
    [`<ListBucketResult><EncodingType>url</EncodingType>${contents('%ff')}</ListBucketResult>`],
    ['<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>'],
  ])('of another form is none: %s', (xml) => expect(parseListing(xml)).toBeUndefined());
});

describe('credentials', () => {
  const file =
    '# of the fleet\n[default]\naws_access_key_id = AK\naws_secret_access_key=se/cr=et\n\n[profile other]\naws_access_key_id=BK\n';
  it('are those of a profile', () => {
    expect(parseAwsCredentials(file, 'default')).toEqual({ ok: true, credentials: { accessKeyId: 'AK', secretAccessKey: 'se/cr=et' } });
    expect(parseAwsCredentials('[p]\r\naws_access_key_id=A\r\naws_secret_access_key=B\r\naws_session_token=C\r\n', 'p')).toEqual({
      ok: true,
      credentials: { accessKeyId: 'A', secretAccessKey: 'B', sessionToken: 'C' },
    });
  });

  it.each([
    ['nobody', file, /no profile "nobody"/],
    ['other', file, /has no aws_secret_access_key/],
    ['default', 's3cret\n', /want \[PROFILE\]/],
    ['default', '[default]\ns3cret\n', /want \[PROFILE\]/],
    ['default', '[default]\naws_access_key_id=s3cret\u0001\naws_secret_access_key=b\n', /characters that none has/],
  ])('of %s in another file are told of', (profile, text, message) => {
    const parsed = parseAwsCredentials(text, profile);
    expect(parsed.ok ? '' : parsed.message).toMatch(message);
    expect(JSON.stringify(parsed)).not.toContain('s3cret');
  });

  it('may stand in the environment', () => {
    expect(environmentCredentials({})).toBeUndefined();
    expect(environmentCredentials({ AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'B' })).toMatchObject({ ok: true });
    expect(environmentCredentials({ AWS_ACCESS_KEY_ID: 'A' })).toEqual({
      ok: false,
      message: 'the environment of the kubelet has no AWS_SECRET_ACCESS_KEY',
    });
  });
});
