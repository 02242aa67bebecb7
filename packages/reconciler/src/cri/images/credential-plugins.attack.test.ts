import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { credentialPlugins } from './credential-plugins.js';
import { keyMatches, matchingAuths } from './registry-keyring.js';

const apiVersion = 'credentialprovider.kubelet.k8s.io/v1';
const IMAGE = 'reg.example/app';

let directory: string;
/** Longest time between two turns of the event loop, in ms of processor time: others may keep this machine busy. */
let longestTurnMs: number;
let turns: NodeJS.Timeout;

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evil-plugin-'));
  await writeFile(join(directory, 'evil'), `#!/bin/sh\ncat '${directory}/output'\n`);
  await chmod(join(directory, 'evil'), 0o755);
  let lastMs = cpuMs();
  longestTurnMs = 0;
  turns = setInterval(() => {
    longestTurnMs = Math.max(longestTurnMs, cpuMs() - lastMs);
    lastMs = cpuMs();
  }, 10);
});
afterEach(async () => {
  clearInterval(turns);
  await rm(directory, { recursive: true, force: true });
});

const provider = { name: 'evil', matchImages: ['*.example'], defaultCacheDurationMs: 0, apiVersion };
/** What is found with an answer, and what is told of a failure: never more than that there was one. */
const ask = async (output: string) => {
  await writeFile(join(directory, 'output'), output);
  const failures: string[] = [];
  const plugins = credentialPlugins({
    binDir: directory,
    providers: [provider],
    env: { PATH: process.env['PATH'] },
    onFailure: ({ message }) => failures.push(message),
  });
  return { found: await plugins.lookup(IMAGE, {}), failures };
};

const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, 0, '', [], {}, true, '__proto__', 1e308),
  fc.jsonValue({ maxDepth: 2 }),
);
const entry = fc.oneof(value, fc.dictionary(fc.constantFrom('username', 'password', '__proto__', 'toString'), value));
const key = fc.oneof(
  fc.constantFrom(
    'reg.example',
    '*.example',
    'reg.example/',
    '*',
    '',
    '__proto__',
    'https://reg.example/v1/',
    '*.*',
    '[',
    '(',
    '\\',
    'reg.example:99',
  ),
  fc.string({ unit: 'binary', maxLength: 10 }),
);
const answer = fc.record({
  apiVersion: fc.oneof({ weight: 5, arbitrary: fc.constant<unknown>(apiVersion) }, { weight: 1, arbitrary: value }),
  kind: fc.oneof({ weight: 5, arbitrary: fc.constant<unknown>('CredentialProviderResponse') }, { weight: 1, arbitrary: value }),
  cacheKeyType: fc.oneof(fc.constantFrom<unknown>('Global', 'Registry', 'Image'), value),
  cacheDuration: fc.oneof(fc.constantFrom<unknown>('1h', '-1s', '9999999999999h', '1h'.repeat(1_000)), value),
  auth: fc.oneof(fc.dictionary(key, entry), value),
});

it('answers of any form are credentials in texts, or a failure without what the plugin wrote', async () => {
  const output = fc.oneof(
    answer.map((object) => JSON.stringify(object)),
    fc.tuple(answer, fc.nat(150)).map(([object, length]) => JSON.stringify(object).slice(0, length)),
    fc.constantFrom('null', '[]', '1', '"x"', '', '\0', '{"secret-of-mine":'),
  );
  await fc.assert(
    fc.asyncProperty(output, async (text) => {
      const { found, failures } = await ask(text);
      for (const { username, password } of found) {
        expect(['string', 'undefined', 'object']).toContain(typeof (username ?? undefined));
        expect([username ?? '', password ?? ''].map((each) => typeof each)).toEqual(['string', 'string']);
      }
      for (const message of failures)
        expect(message).toMatch(/^credential provider evil (?:exited with|gave no CredentialProviderResponse)/);
    }),
    { numRuns: Math.ceil((fc.readConfigureGlobal().numRuns ?? 100) / 4) },
  );
  expect(longestTurnMs).toBeLessThan(1_000);
});

const withAuth = (keys: readonly string[], more: object = {}): string =>
  JSON.stringify({
    apiVersion,
    kind: 'CredentialProviderResponse',
    auth: Object.fromEntries(keys.map((each) => [each, { username: 'u', password: 'p' }])),
    ...more,
  });
it.each<[string, string]>([
  ['a key of slashes', withAuth([`reg.example${'/'.repeat(400_000)}x`])],
  ['a key of stars', withAuth([`${'*a'.repeat(200_000)}.example`])],
  ['a label of stars', withAuth([`${'r*e*g*'.repeat(60)}!.example`])],
  ['very many keys', withAuth(Array.from({ length: 20_000 }, (_, index) => `${index}.example`))],
  ['a duration of digits', withAuth(['reg.example'], { cacheDuration: '1'.repeat(800_000) })],
  ['deep JSON', '['.repeat(900_000)],
  ['too much', ' '.repeat(2_000_000)],
])('%s is answered in time', async (_what, output) => {
  await ask(output);
  expect(longestTurnMs).toBeLessThan(1_000);
});

it('stars and question marks stand for what they should', () => {
  const pattern = fc.array(fc.constantFrom('*', '?', 'a', 'b'), { maxLength: 6 }).map((parts) => parts.join(''));
  const label = fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(pattern, label, (glob, text) => {
      const expected = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(text);
      expect(keyMatches(`${glob}.x`, `${text}.x`)).toBe(expected);
    }),
  );
  expect(matchingAuths({ 'https://reg.example/v2//': { username: 'u', password: 'p' } }, IMAGE)).toHaveLength(1);
});

it('a child of a plugin that took too long holds no descriptor', async () => {
  await writeFile(join(directory, 'evil'), '#!/bin/sh\nsleep 30 &\nexec sleep 30\n');
  const descriptors = async () => (await readdir('/proc/self/fd')).length;
  const before = await descriptors();
  const plugins = credentialPlugins({ binDir: directory, providers: [provider], env: { PATH: process.env['PATH'] }, timeoutMs: 200 });
  for (let round = 0; round < 5; round += 1) expect(await plugins.lookup(IMAGE, {})).toEqual([]);
  await vi.waitFor(async () => expect(await descriptors()).toBeLessThanOrEqual(before), { timeout: 20_000, interval: 50 });
});
