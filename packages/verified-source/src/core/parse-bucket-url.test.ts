import { expect, it } from 'vitest';
import { parseBucketUrl } from './parse-bucket-url.js';

it.each<[string, object]>([
  ['s3://fleet/a b/$(NODE_NAME).json', { name: 's3://fleet/a b/$(NODE_NAME).json', bucket: 'fleet', key: 'a b/$(NODE_NAME).json' }],
  ['s3://fleet/', { name: 's3://fleet/', bucket: 'fleet', key: '' }],
  [
    's3://fleet/r/#endpoint=https://s3.test:9000/&region=garage&pathStyle=false&credentialsFile=/c%20d&profile=p&caFile=/ca',
    {
      name: 's3://fleet/r/',
      bucket: 'fleet',
      key: 'r/',
      endpoint: 'https://s3.test:9000',
      region: 'garage',
      pathStyle: false,
      credentialsFile: '/c d',
      profile: 'p',
      caFile: '/ca',
    },
  ],
  ['s3://fleet/r#anonymous=true', { name: 's3://fleet/r', bucket: 'fleet', key: 'r', anonymous: true }],
  ['s3://fleet', { error: expect.stringContaining('want a key behind the bucket') }],
  ['s3://F/x', { error: expect.stringContaining('want s3://BUCKET/KEY') }],
  ['s3://fleet/../x', { error: 'its key has a part that is . or ..' }],
  ['https://fleet/x', { error: 'want s3://BUCKET/KEY' }],
  ['s3://fleet/x#endpont=https://x', { error: expect.stringMatching(/^s3:\/\/fleet\/x: there is no option "endpont"; s3 has endpoint, /) }],
  ['s3://fleet/x#region=a&region=b', { error: expect.stringContaining('the option region is given twice') }],
  ['s3://fleet/x#credentialsFile=c', { error: expect.stringContaining('credentialsFile: want an absolute path') }],
  ['s3://fleet/x#caFile=c', { error: expect.stringContaining('caFile: want an absolute path') }],
  ['s3://fleet/x#certFile=/c', { error: expect.stringContaining('certFile and keyFile belong together') }],
  ['s3://fleet/x#profile=c', { error: expect.stringContaining('profile: it is one of credentialsFile') }],
  ['s3://fleet/x#pathStyle=yes', { error: expect.stringContaining('pathStyle: want true or false') }],
  ['s3://fleet/x#anonymous=true&credentialsFile=/c', { error: expect.stringContaining('leave out one of the two') }],
  [
    's3://fleet/x#endpoint=http://127.0.0.1:9000&pathStyle=false',
    { error: expect.stringContaining("pathStyle: a bucket can't stand before 127.0.0.1") },
  ],
  ['s3://fleet/x#endpoint=http://[::1]:9000&pathStyle=false', { error: expect.stringContaining("a bucket can't stand before ::1") }],
  ['s3://fleet/x#region=a/b', { error: expect.stringContaining('region: want a region') }],
])('a place in a bucket is read: %s', (text, want) => expect(parseBucketUrl(text)).toEqual(want));

it('shows no password that stands in the place of an endpoint', () =>
  expect(JSON.stringify(parseBucketUrl('s3://fleet/x#endpoint=https://user:s3cret@host'))).toMatch(/endpoint: want(?!.*s3cret)/));
