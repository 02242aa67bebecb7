import { execFileSync } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import fc from 'fast-check';
import { firstValueFrom, from } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkpointFile } from '../../device-plugins/src/checkpoint-file.js';
import { defaultUserNamespaceRange } from '../../pod-environment/src/core/id-ranges.js';
import { createUserNamespaces } from '../../pod-environment/src/user-namespaces.js';
import { fileAllocationStore } from '../../service-network/src/rx/allocation-store.js';
import { fileClaimStore } from '../../workloads/src/rx/claim-store.js';
import { fileGuardStore } from '../../workloads/src/rx/file-guard-store.js';
import { fileWorkloadStore } from '../../workloads/src/rx/file-workload-store.js';
import { nodeSubnet } from '../src/node/node-subnet.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'state-stores-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A store of one file, as a start of the kubelet reads it. */
interface Store {
  readonly path: string;
  /** Writes something sound. */
  write(): Promise<unknown>;
  /** Undefined: nothing was kept. */
  read(logger: Logger): Promise<unknown>;
}

const sizeOf = (found: ReadonlyMap<string, unknown>): number | undefined => (found.size === 0 ? undefined : found.size);
const podA = { metadata: { name: 'a', namespace: 'default', uid: 'uid-a' }, spec: { containers: [] } };
const SUBNET = '10.123.0.0/24';

const stores: Readonly<Record<string, (base: string) => Store>> = {
  subnet: (base) => {
    const path = join(base, 'subnet');
    const read = async (logger: Logger) => {
      const subnet = await nodeSubnet(path, 7, logger);
      expect(subnet).toMatch(/^\d+\.\d+\.\d+\.\d+\/\d+$/);
      return subnet === SUBNET ? subnet : undefined;
    };
    return { path, write: () => writeFile(path, `${SUBNET}\n`), read };
  },
  userns: (base) => {
    const path = join(base, 'pods', 'uid-a', 'userns');
    const open = (logger: Logger) => createUserNamespaces(join(base, 'pods'), defaultUserNamespaceRange, logger);
    const write = async () => {
      for (const uid of ['uid-a', 'uid-b']) await mkdir(join(base, 'pods', uid), { recursive: true });
      const namespaces = open(silentLogger);
      await namespaces.allocate('uid-b');
      return namespaces.allocate('uid-a');
    };
    const read = async (logger: Logger) => {
      const known = open(logger);
      const [a, b] = [await known.allocate('uid-a'), await known.allocate('uid-b')].map(({ uidMappings }) => uidMappings[0]?.hostId);
      expect(a).not.toBe(b); // whatever happens, two Pods never have the same users
      return a;
    };
    return { path, write, read };
  },
  device: (base) => {
    const path = join(base, 'kubelet_internal_checkpoint');
    const write = () => checkpointFile(path).write({ book: [], registered: new Map([['example.com/gpu', ['0', '1']]]) });
    return { path, write, read: async (logger) => (await checkpointFile(path, { logger }).read())?.registered };
  },
  workload: (base) => {
    const path = join(base, 'ReplicaSet%2Fdefault%2Fweb.json');
    const object = { kind: 'ReplicaSet', metadata: { name: 'web' } };
    const identity = { uid: 'u', made: 1, life: 1, generation: 1, createdMs: 1 };
    const entry = { object, memory: { kind: 'ReplicaSet', record: {} }, children: [{ number: 1, pod: podA }], claims: [], ...identity };
    const write = () => writeFile(path, JSON.stringify({ version: 1, key: 'ReplicaSet/default/web', entry }));
    return {
      path,
      write,
      read: async (logger) => sizeOf(await firstValueFrom(from(fileWorkloadStore({ directory: base, logger }).load()))),
    };
  },
  'guarded Pod': (base) => {
    const path = join(base, 'default%2Fweb.json');
    const entry = { begun: podA, good: { pod: podA, images: {} }, held: { message: 'it failed' } };
    const write = () => writeFile(path, JSON.stringify({ version: 1, key: 'default/web', entry }));
    const read = async (logger: Logger) => sizeOf(await firstValueFrom(from(fileGuardStore({ directory: base, logger }).load())));
    return { path, write, read };
  },
  claims: (base) => {
    const path = join(base, 'claims.json');
    const claim = { metadata: { name: 'data', namespace: 'default', uid: 'c' }, spec: {} };
    const binding = { claim, volume: { metadata: { name: 'v' }, spec: {} }, provisioned: true };
    const write = () => fileClaimStore({ path }).save({ bindings: [binding], released: [], deleting: [], told: {} } as never);
    return { path, write, read: async (logger) => (await fileClaimStore({ path, logger }).load()).bindings[0] };
  },
  services: (base) => {
    const path = join(base, 'services.json');
    const store = (logger: Logger) => fileAllocationStore({ path, ranges: ['10.96.0.0/16'], logger });
    const allocation = { clusterIPs: ['10.96.0.9'], nodePorts: { http: 30_080 } };
    const write = () => store(silentLogger).save(new Map([['default/web', allocation]]) as never);
    return { path, write, read: async (logger) => sizeOf(await store(logger).load()) };
  },
};

/** Told of everything that is not fine. */
const listening = (): { readonly logger: Logger; readonly said: string[] } => {
  const said: string[] = [];
  const note = (fields: unknown, message?: string): void => void said.push(`${message} ${JSON.stringify(fields)}`);
  return { said, logger: { ...silentLogger, warn: note, error: note } as Logger };
};

const JSON_TEXTS = ['null', '[]', '[null]', '{}', '"text"', '0', '{"version":1}', '{"version":2}', '{"__proto__":{"version":1}}'];

/** What somebody, or a loss of power, leaves in the place of the file. */
const hostile: readonly (readonly [string, (path: string) => unknown])[] = [
  ['nothing in it', (path) => writeFile(path, '')],
  ['zeros', (path) => writeFile(path, Buffer.alloc(4_096))],
  ['bytes that are no text', (path) => writeFile(path, Buffer.from([0xff, 0xfe, 0x00, 0xd8]))],
  ...JSON_TEXTS.map((text) => [`the JSON ${text}`, (path: string) => writeFile(path, text)] as const),
  ['JSON of 200,000 levels', (path) => writeFile(path, '['.repeat(200_000))],
  [
    'more than is read',
    async (path) => {
      await writeFile(path, '');
      await truncate(path, 2 ** 30);
    },
  ],
  ['a FIFO', (path) => execFileSync('mkfifo', [path])],
  ['a directory', (path) => mkdir(path)],
  ['a link to a device', (path) => symlink('/dev/zero', path)],
  ['a link in a circle', (path) => symlink(path, path)],
];

describe.each(Object.keys(stores))('the state file of %s', (name) => {
  it.each(hostile)('with %s is set aside with one record, and the start goes on', async (_what, spoil) => {
    const { path, write, read } = stores[name]!(directory);
    await write();
    await rm(path);
    await spoil(path);
    const { said, logger } = listening();
    const rssBefore = process.memoryUsage().rss;
    await read(logger);
    expect(said).toEqual([expect.stringContaining('State file cannot be used')]);
    expect(said[0]).toContain(`${path}.broken`);
    await lstat(`${path}.broken`);
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(60 * 2 ** 20);
    await rm(path, { force: true });
    await write();
    const again = listening();
    expect(await read(again.logger)).toBeDefined();
    expect(again.said).toEqual([]);
  });

  it('that was cut off anywhere, or in which bytes were changed, ends no start', async () => {
    const { path, write, read } = stores[name]!(directory);
    await write();
    expect(dirname(path)).toContain(directory);
    const sound = await readFile(path);
    const changes = fc.record({
      keep: fc.double({ min: 0, max: 1, noNaN: true }),
      flips: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(changes, async ({ keep, flips }) => {
        const bytes = Buffer.from(sound.subarray(0, flips.length > 0 ? sound.length : Math.floor(keep * sound.length)));
        for (const [at, by] of flips) bytes[at % bytes.length]! ^= by;
        await writeFile(path, bytes);
        const { said, logger } = listening();
        await read(logger);
        expect(said.length).toBeLessThanOrEqual(1);
        if (flips.length === 0 && bytes.length < sound.length) expect(said).toHaveLength(1);
      }),
      { numRuns: Math.ceil((fc.readConfigureGlobal().numRuns ?? 100) / 4) },
    );
  });
});
