import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseImageReference } from '@solo-kubelet/pod-spec';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dockerConfigCredentials } from './docker-config-credentials.js';
import { secretCredentials } from './secret-credentials.js';

const SECRET = 'hunter2-hunter2';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** What a pull of an image is given by a Secret that holds a text. */
const ofSecret = (text: string, image: string, type = 'kubernetes.io/dockerconfigjson') => {
  const key = type === 'kubernetes.io/dockercfg' ? '.dockercfg' : '.dockerconfigjson';
  const source = secretCredentials(() => ({ type, data: { [key]: base64(text) } }));
  return source.lookup(parseImageReference(image)?.repository ?? 'none.example/none', {
    pullSecrets: { namespace: 'default', names: ['evil'] },
  });
};

const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, 0, '', [], {}, true, '__proto__', 1e308, base64(`user:${SECRET}`), base64('no colon'), base64('\0:\0')),
  fc.jsonValue({ maxDepth: 2 }),
);
const entry = fc.oneof(
  value,
  fc.dictionary(fc.constantFrom('auth', 'username', 'password', '__proto__', 'toString', 'identitytoken'), value),
);
const host = fc.constantFrom(
  'reg.example',
  '*.example',
  'https://reg.example/v2/',
  'reg.example:5000',
  '[::1]:5000',
  '*',
  '',
  '/',
  '://',
  '__proto__',
  'constructor',
);
const config = fc.oneof(
  value,
  fc.record({ auths: fc.oneof(value, fc.dictionary(fc.oneof(host, fc.string()), entry)) }),
  fc.dictionary(host, entry),
);
const text = fc.oneof(
  config.map((json) => JSON.stringify(json)),
  fc.string(),
  fc.tuple(config, fc.nat(200)).map(([json, length]) => JSON.stringify(json).slice(0, length)),
);

it('whatever a Secret for pulls holds, it gives pairs of texts, or an error that tells nothing of it', async () => {
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.constantFrom('reg.example/app', 'reg.example:5000/app', 'busybox', '[::1]:5000/app', 'constructor.example/app'),
      fc.constantFrom('kubernetes.io/dockerconfigjson', 'kubernetes.io/dockercfg'),
      async (content, image, type) => {
        const found = await ofSecret(content, image, type).catch(({ message }: Error) => message);
        if (typeof found === 'string') expect(found).toBe('the image pull secret "evil" holds no JSON');
        else {
          const secret = { namespace: 'default', name: 'evil', uid: '' };
          for (const auth of found) expect(auth).toEqual({ username: expect.any(String), password: expect.any(String), secret });
        }
      },
    ),
  );
});

it('what is for one registry is shown to no other', async () => {
  const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/);
  const registry = fc.tuple(label, label, fc.constantFrom('', ':5000', ':443')).map(([name, zone, port]) => `${name}.${zone}${port}`);
  await fc.assert(
    fc.asyncProperty(registry, registry, fc.constantFrom('', '/', '/v1/', '/v2', '/team'), async (theirs, ours, path) => {
      fc.pre(theirs !== ours);
      const content = JSON.stringify({ auths: { [`https://${theirs}${path}`]: { username: 'user', password: SECRET } } });
      expect(await ofSecret(content, `${ours}/team/app`)).toEqual([]);
      expect(await ofSecret(content, `${theirs}/team/app`)).toHaveLength(1);
    }),
  );
});

it.each<[string, () => Record<string, object>, string]>([
  [
    'globs that nearly match the name of a host that has no end',
    () => Object.fromEntries(Array.from({ length: 700 }, (_, index) => [`*${'a'.repeat(990)}b${index}`, {}])),
    `${'a'.repeat(1_990)}:5000/app`,
  ],
  [
    'twenty thousand globs of many stars',
    () => Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`${'*a'.repeat(10)}${index}.example`, {}])),
    `${'a'.repeat(63)}.example/app`,
  ],
  ['a glob of a megabyte', () => ({ [`${'*'.repeat(500_000)}a${'?'.repeat(200_000)}.example`]: {} }), `${'b'.repeat(63)}.example/app`],
])('%s take no second of the processor', async (_what, keys, image) => {
  // With the port that the image names, or none is tried.
  const port = /:(\d+)\//.exec(image)?.[0].slice(0, -1) ?? '';
  const auths = Object.fromEntries(Object.keys(keys()).map((key) => [`${key}${port}`, { username: 'user', password: SECRET }]));
  const content = JSON.stringify({ auths });
  const before = cpuMs();
  await ofSecret(content, image);
  expect(cpuMs() - before).toBeLessThan(1_000);
});

it('a named pipe, a directory and a file without end in the place of a configuration hold nobody up, and the next one counts', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'evil-config-'));
  try {
    const [pipe, folder, large, good] = ['pipe', 'folder', 'large', 'good'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
      string,
    ];
    for (const path of [pipe, folder, large, good]) await mkdir(path);
    await promisify(execFile)('mkfifo', [join(pipe, 'config.json')]);
    await mkdir(join(folder, 'config.json'));
    await writeFile(join(large, 'config.json'), Buffer.alloc(11 << 20, ' '));
    await writeFile(join(good, 'config.json'), JSON.stringify({ auths: { 'reg.example': { username: 'user', password: SECRET } } }));
    const source = dockerConfigCredentials({ configDirs: [pipe, folder, large, good] });
    expect(await source.lookup('reg.example/app', {})).toEqual([{ username: 'user', password: SECRET }]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 10_000);
