import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CniError, type CniInvoker, createCniInvoker, parseNetworkConfigList } from '../src/index.js';
import { parseJson } from '../src/json.js';
import { createFakePlugins, type FakePlugins } from './fake-plugins.js';

const network = parseNetworkConfigList('{"cniVersion":"1.1.0","name":"lab","plugins":[{"type":"evil"},{"type":"evil"}]}');
const attachment = { containerId: 'c1', netns: '/var/run/netns/c1', ifName: 'net1' };

let fake: FakePlugins;
let cni: CniInvoker;
/** Longest time between two turns of the event loop, in ms of processor time: others may keep this machine busy. */
let longestTurnMs: number;
let turns: NodeJS.Timeout;

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

beforeEach(async () => {
  fake = await createFakePlugins();
  cni = createCniInvoker({ pluginDirs: [fake.pluginDir], cacheDir: fake.cacheDir });
  const script = `cat '${fake.root}/output'; exit "$(cat '${fake.root}/code')"`;
  await fake.plugin('evil', { ADD: script, DEL: script, CHECK: script, STATUS: script, VERSION: script, GC: script });
  let lastMs = cpuMs();
  longestTurnMs = 0;
  turns = setInterval(() => {
    longestTurnMs = Math.max(longestTurnMs, cpuMs() - lastMs);
    lastMs = cpuMs();
  }, 10);
});
afterEach(async () => {
  clearInterval(turns);
  await fake[Symbol.asyncDispose]();
});

/** Whatever a plugin prints and however it ends: a call gives a result or an error of this package, which is short. */
const everyCall = async (output: string | Uint8Array, code: number): Promise<void> => {
  await writeFile(join(fake.root, 'output'), output);
  await writeFile(join(fake.root, 'code'), String(code));
  for (const call of [
    () => cni.add(network, attachment),
    () => cni.check(network, attachment),
    () => cni.del(network, attachment),
    () => cni.status(network),
  ]) {
    const error: unknown = await call().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) continue;
    if (!CniError.is(error)) throw error;
    expect(error.message.length).toBeLessThan(5_000);
  }
};

const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, '', 0, -1, 1e308, true, [], {}, '__proto__', '10.9.0.2/24', '::/0', 'not an address', '\u0000', '9'.repeat(400)),
  fc.jsonValue({ maxDepth: 2 }),
);
const item = fc.oneof(
  value,
  fc.dictionary(
    fc.constantFrom('name', 'mac', 'sandbox', 'address', 'gateway', 'interface', 'dst', 'gw', 'mtu', 'version', 'ip', 'routes'),
    value,
  ),
);
const result = fc.dictionary(
  fc.constantFrom(
    'cniVersion',
    'interfaces',
    'ips',
    'routes',
    'dns',
    'ip4',
    'ip6',
    'code',
    'msg',
    'details',
    'supportedVersions',
    '__proto__',
  ),
  fc.oneof(value, item, fc.array(item, { maxLength: 3 }), fc.constantFrom('1.1.0', '0.2.0', '0.4.0', '9.9.9')),
);

it('output of any form is a result or an error that says whose it is', async () => {
  const output = fc.oneof(
    result.map((object) => JSON.stringify(object)),
    fc.tuple(result, fc.nat(200)).map(([object, length]) => JSON.stringify(object).slice(0, length)),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc.constantFrom('{}{}', '[]', 'null', '"text"', '1', '{"cniVersion":"1.1.0"}\n{"cniVersion":"1.1.0"}', '\ufeff{}', '\u2028'),
  );
  await fc.assert(fc.asyncProperty(output, fc.constantFrom(0, 0, 0, 1, 7, 255), everyCall), {
    numRuns: Math.ceil((fc.readConfigureGlobal().numRuns ?? 100) / 8),
  });
  expect(longestTurnMs).toBeLessThan(1_000);
});

const RESULT = '{"cniVersion":"1.1.0","ips":[{"address":"10.9.0.2/24"}]';
it.each<[string, string]>([
  ['deep lists', '['.repeat(500_000)],
  ['deep lists that end', `{"cniVersion":"1.1.0","x":${'['.repeat(300_000)}${']'.repeat(300_000)}}`],
  ['deep maps in what is handed on', `${RESULT},"x":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`],
  ['a text without end', `"${'a'.repeat(1_000_000)}`],
  ['a text of escapes without end', `{"a":"${'\\u0041'.repeat(170_000)}`],
  ['blanks without end', `{"a":1${' '.repeat(1_000_000)}x`],
  ['very many addresses', `{"cniVersion":"1.1.0","ips":[${Array.from({ length: 40_000 }, () => '{"address":"1.2.3.4/5"}').join(',')}]}`],
  ['very many slashes', `{"cniVersion":"1.1.0","ips":[{"address":"${'1'.repeat(900_000)}!"}]}`],
])('%s is answered in time', async (_what, output) => {
  await everyCall(output, 0);
  await everyCall(output, 1);
  expect(longestTurnMs).toBeLessThan(1_000);
});

it('JSON of a depth that can be written again is read, and none beyond', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}"[[\\"[["${']'.repeat(depth)}`;
  expect(parseJson(nested(200)).ok).toBe(true);
  expect(parseJson(nested(201))).toMatchObject({ ok: false, message: 'nested deeper than 200 levels', position: { line: 1, column: 201 } });
});
