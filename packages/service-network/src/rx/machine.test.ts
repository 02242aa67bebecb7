import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileAllocationStore, rangesOfRecord } from './allocation-store.js';
import { prepareKernel } from './prepare-kernel.js';
import { readListeners } from './read-listeners.js';
import { runProgram } from './run-program.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'service-network-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));
const { signal } = new AbortController();

it('listeners are told by protocol and port, but for those of the node alone', async () => {
  const line = (i: number, address: string, state: string): string =>
    `   ${i}: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000`;
  await writeFile(
    join(directory, 'tcp'),
    ['  sl  local_address', line(0, '00000000:0016', '0A'), line(1, '0100007F:1F90', '0A'), line(2, '0100007F:0050', '01')].join('\n'),
  );
  await writeFile(join(directory, 'udp'), line(0, '00000000:0035', '07'));
  expect([...(await readListeners(directory))].sort()).toEqual(['TCP/22', 'UDP/53']);
});

it('the record survives, with the ranges; one that is broken is set aside', async () => {
  const path = join(directory, 'services.json');
  const store = fileAllocationStore({ path, ranges: ['10.96.0.0/16'] });
  const record = new Map([['default/web', { clusterIPs: ['10.96.1.1'], nodePorts: { 'TCP/80': 30_080 } }]]);
  await store.save(record);
  expect(await store.load()).toEqual(record);
  expect(rangesOfRecord(await readFile(path, 'utf8'))).toEqual(['10.96.0.0/16']);
  await writeFile(path, '{"version":1,"services":{"a":{"clusterIPs":[7],"nodePorts":{}}}}');
  expect(await store.load()).toEqual(new Map());
  expect(rangesOfRecord('no JSON')).toEqual([]);
});

it('the kernel is made to forward, and what it lacks is told', async () => {
  await mkdir(join(directory, 'ipv4'));
  await writeFile(join(directory, 'ipv4/ip_forward'), '0\n');
  const run = async () => ({ code: 1, stdout: '', stderr: 'no such module' });
  const notes = await prepareKernel({ families: ['IPv4'], signal, directory, run });
  expect(notes).toEqual([
    { type: 'changed', message: 'net.ipv4.ip_forward set from 0 to 1' },
    { type: 'lacking', message: expect.stringContaining('br_netfilter') },
  ]);
  expect(await readFile(join(directory, 'ipv4/ip_forward'), 'utf8')).toBe('1\n');
});

it('a program that is missing is named, one that fails tells why, one that takes too long is ended', async () => {
  await expect(runProgram('no-such-program', [], { signal })).rejects.toThrow('no-such-program is not installed');
  expect(await runProgram('sh', ['-c', 'cat; echo bad >&2; exit 3'], { input: 'text', signal })).toEqual({
    code: 3,
    stdout: 'text',
    stderr: 'bad\n',
  });
  await expect(runProgram('sleep', ['1000'], { timeoutMs: 50, signal })).rejects.toThrow('was ended by SIGKILL');
});
