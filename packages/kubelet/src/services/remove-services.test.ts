import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ADDRESSES_FILE, ALLOCATIONS_FILE, removeServices } from './remove-services.js';

let directory = '';
const path = process.env['PATH'];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'remove-services-'));
  await mkdir(join(directory, 'root'));
});
afterEach(async () => {
  process.env['PATH'] = path;
  await rm(directory, { recursive: true, force: true });
});
const { signal } = new AbortController();

/** Programs of the machine that write down what they are asked; `ip` refuses what contains `refused`. */
const putPrograms = async (refused: string): Promise<void> => {
  const programs = join(directory, 'programs');
  await mkdir(programs, { recursive: true });
  const log = join(directory, 'asked');
  const scripts = {
    ip: `#!/bin/sh\necho "ip $*" >> ${log}\ncase "$*" in *'${refused}'*) echo 'RTNETLINK answers: Operation not permitted' >&2; exit 2;; esac\n`,
    nft: `#!/bin/sh\nwhile read -r line; do echo "nft $line" >> ${log}; done\n`,
    conntrack: '#!/bin/sh\nexit 1\n',
  };
  for (const [name, text] of Object.entries(scripts)) {
    await writeFile(join(programs, name), text);
    await chmod(join(programs, name), 0o755);
  }
  process.env['PATH'] = `${programs}:${path}`;
};
const root = (): string => join(directory, 'root');
const asked = async (): Promise<readonly string[]> => (await readFile(join(directory, 'asked'), 'utf8')).trim().split('\n');
const putRecords = async (): Promise<void> => {
  const services = { 'default/web': { clusterIPs: ['10.96.0.9'], nodePorts: {} } };
  await writeFile(join(root(), ALLOCATIONS_FILE), JSON.stringify({ version: 1, ranges: ['10.96.0.0/16'], services }));
  await writeFile(join(root(), ADDRESSES_FILE), JSON.stringify({ version: 1, addresses: { '192.0.2.7': 'eth0', '192.0.2.8': 'eth0' } }));
};

it('rules go although an address cannot, whose record stays for the next start', async () => {
  await putPrograms('addr del 192.0.2.7/32');
  await putRecords();
  await expect(removeServices({ rootDirectory: root(), signal })).rejects.toThrow(
    'ip addr del 192.0.2.7: RTNETLINK answers: Operation not permitted',
  );
  expect(await asked()).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^nft .*table ip solo-svc-/),
      expect.stringMatching(/^nft .*table ip6 solo-np-/),
      'ip -4 route flush proto 213 root 10.96.0.0/16',
      'ip -4 addr del 192.0.2.8/32 dev eth0',
    ]),
  );
  expect((await readdir(root())).sort()).toEqual([ADDRESSES_FILE, ALLOCATIONS_FILE].sort());
  expect(JSON.parse(await readFile(join(root(), ADDRESSES_FILE), 'utf8'))).toEqual({ version: 1, addresses: { '192.0.2.7': 'eth0' } });

  await putPrograms('nothing');
  expect(await removeServices({ rootDirectory: root(), signal })).toBe(true);
  expect(await readdir(root())).toEqual([]);
  expect(await removeServices({ rootDirectory: root(), signal })).toBe(false);
});

it('rules go although the address of DNS cannot', async () => {
  await putPrograms('address del 127.0.0.1/32');
  await putRecords();
  // One that the machine has, whatever machine it is.
  await writeFile(join(root(), 'dns-address'), '127.0.0.1');
  await expect(removeServices({ rootDirectory: root(), signal })).rejects.toThrow('Operation not permitted');
  expect(await asked()).toContainEqual(expect.stringMatching(/^nft .*table ip solo-svc-/));
  expect(await readdir(root())).toEqual(['dns-address']);
});

it('routes and addresses go that only the other record tells of', async () => {
  await putPrograms('nothing');
  await putRecords();
  await rm(join(root(), ALLOCATIONS_FILE));
  expect(await removeServices({ rootDirectory: root(), signal })).toBe(true);
  expect(await asked()).toEqual(
    expect.arrayContaining([
      'ip -j -N -4 route show proto 213',
      'ip -4 addr del 192.0.2.8/32 dev eth0',
      expect.stringMatching(/^nft .*table ip solo-svc-/),
    ]),
  );
  expect(await readdir(root())).toEqual([]);
});

it('a record that cannot be read is no sign that there is nothing', async () => {
  await putPrograms('nothing');
  await mkdir(join(root(), ALLOCATIONS_FILE));
  await expect(removeServices({ rootDirectory: root(), signal })).rejects.toThrow(
    `what was put in force for Services cannot be told: ${join(root(), ALLOCATIONS_FILE)} cannot be read: `,
  );
  expect(await readdir(root())).toEqual([ALLOCATIONS_FILE]);
});
