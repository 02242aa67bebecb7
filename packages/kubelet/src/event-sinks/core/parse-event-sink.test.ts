import { expect, it } from 'vitest';
import { deliveryDelayMs } from './delivery-delay.js';
import { parseEventSink } from './parse-event-sink.js';

it.each<[string, object]>([
  [
    'https://joe:s3cret@hooks.test:8443/in?token=t0p#headersFile=/etc/h&caFile=/etc/ca.pem',
    {
      type: 'webhook',
      name: 'https://hooks.test:8443/in',
      url: 'https://hooks.test:8443/in?token=t0p',
      authorization: `Basic ${Buffer.from('joe:s3cret').toString('base64')}`,
      headersFile: '/etc/h',
      caFile: '/etc/ca.pem',
    },
  ],
  [
    'otlp+https://joe:s3cret@otel.test:4318/v1/logs?a=b#headersFile=/etc/h',
    {
      type: 'otlp',
      name: 'otlp+https://otel.test:4318/v1/logs',
      url: 'https://otel.test:4318/v1/logs?a=b',
      authorization: `Basic ${Buffer.from('joe:s3cret').toString('base64')}`,
      headersFile: '/etc/h',
    },
  ],
  ['otlp+http://[::1]:4318/v1/logs', { type: 'otlp', name: 'otlp+http://[::1]:4318/v1/logs', url: 'http://[::1]:4318/v1/logs' }],
  ['journald:', { type: 'journald', name: 'journald:' }],
  ['journald://', { type: 'journald', name: 'journald:' }],
  ['http://[::1]/', { type: 'webhook', name: 'http://[::1]/', url: 'http://[::1]/' }],
  [
    'file:///var/log/e%20v.jsonl',
    { type: 'file', name: 'file:///var/log/e%20v.jsonl', path: '/var/log/e v.jsonl', maxBytes: 10 << 20, maxFiles: 5 },
  ],
  ['file:///e.jsonl#maxSize=1Mi&maxFiles=1', { type: 'file', name: 'file:///e.jsonl', path: '/e.jsonl', maxBytes: 1 << 20, maxFiles: 1 }],
  [
    'mqtt://broker.test/fleet/$(NODE_NAME)/events',
    {
      type: 'mqtt',
      name: 'mqtt://broker.test/fleet/$(NODE_NAME)/events',
      host: 'broker.test',
      port: 1883,
      secure: false,
      topic: 'fleet/$(NODE_NAME)/events',
      qos: 1,
    },
  ],
  [
    'mqtts://joe@[fd00::1]:9/a%2Fb#qos=0&passwordFile=/p&certFile=/c&keyFile=/k',
    {
      type: 'mqtt',
      name: 'mqtts://[fd00::1]:9/a%2Fb',
      host: 'fd00::1',
      port: 9,
      secure: true,
      topic: 'a/b',
      qos: 0,
      username: 'joe',
      passwordFile: '/p',
      certFile: '/c',
      keyFile: '/k',
    },
  ],
])('%s', (text, sink) => expect(parseEventSink(text)).toEqual(sink));

it.each([
  ['ftp://a/b', 'want a URL of http, https, file, mqtt, mqtts, otlp+http or otlp+https, or journald:'],
  ['journald://here', 'journald: want journald: and nothing behind it'],
  ['journald:#qos=1', 'there is no option "qos"; journald has none'],
  ['otlp+http:///v1/logs', 'want otlp+http://HOST[:PORT]/v1/logs'],
  ['otlp+http://a/#qos=1', 'there is no option "qos"; otlp has headersFile'],
  ['hooks', 'want a URL'],
  ['https://a/#headerFile=/x', 'there is no option "headerFile"'],
  ['https://a/#caFile=/x&caFile=/y', 'caFile is given twice'],
  ['https://a/#caFile=x', 'caFile: want an absolute path'],
  ['https://a/#certFile=/x', 'certFile and keyFile belong together'],
  ['https://a:%ff@b/', 'not encoded'],
  ['file://host/x', 'want file:///PATH'],
  ['file:///x/', 'want file:///PATH'],
  ['file:///x%00y', 'want file:///PATH'],
  ['file:///x#maxSize=1', 'maxSize: want a size of at least 64Ki'],
  ['file:///x#maxSize=lots', 'maxSize: want a size'],
  ['file:///x#maxFiles=0', 'maxFiles: want a whole number'],
  ['mqtt://a', 'want a topic'],
  ['mqtt://a/b%2B', 'want a topic'],
  [`mqtt://a/${'b'.repeat(1_025)}`, 'want a topic'],
  ['mqtt://a/b?c', 'want mqtt://HOST'],
  ['mqtt://a/b#qos=2', 'qos: want 0 or 1'],
  ['mqtt://a/b#caFile=/x', 'of use with mqtts only'],
  ['mqtt://:x@a/b', 'a password needs a user name'],
  ['mqtt://x:y@a/b#passwordFile=/p', 'not both'],
])('refuses %s', (text, error) => expect(parseEventSink(text)).toEqual({ error: expect.stringContaining(error) }));

it('says nothing of what may be a secret', () => {
  for (const text of ['https://joe:s3cret@a/?k=s3cret#no=1', 'mqtt://joe:s3cret@a/b#qos=s3cret', 'ftp://joe:s3cret@a'])
    expect(JSON.stringify(parseEventSink(text))).not.toContain('s3cret');
});

it.each([
  [0, 0.5, 0],
  [1, 0.5, 1_000],
  [2, 0.5, 2_000],
  [3, 0, 3_200],
  [3, 1, 4_800],
  [9, 0.5, 256_000],
  [10, 0.5, 300_000],
  [5_000, 0.5, 300_000],
])('after %i failures waits (random %d) %d ms', (failures, random, ms) => expect(deliveryDelayMs(failures, random)).toBeCloseTo(ms, 6));
