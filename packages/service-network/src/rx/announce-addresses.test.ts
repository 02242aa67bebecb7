import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAddressAnnouncer } from './announce-addresses.js';
import type { ProgramResult } from './run-program.js';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'announce-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));
const { signal } = new AbortController();

interface MachineState {
  /** No network leads anywhere. */
  readonly isDown?: boolean;
  /** Of eth0. Default: a link with somebody at its other end. */
  readonly flags?: readonly string[];
  /** At eth0, although no route tells. */
  readonly there?: readonly string[];
  /** Flags of other interfaces; there is none else. */
  readonly see?: Readonly<Record<string, readonly string[]>>;
}

/** A machine at 192.0.2.0/24 and fd00::/64 by eth0; `answers` are those of `ip` that are no success, by the words after its family. */
const machine = (
  answers: Readonly<Record<string, string>> = {},
  { device, ...state }: MachineState & { readonly device?: string } = {},
) => {
  const path = join(directory, 'addresses.json');
  const asked: string[] = [];
  const poked: string[] = [];
  const poke = vi.fn(async (address: string): Promise<void> => void poked.push(address));
  const here = new Set<string>();
  const run = async (program: string, args: readonly string[]): Promise<ProgramResult> => {
    const text = [program, ...args.filter((word) => word !== '-4' && word !== '-6')].join(' ');
    asked.push(text);
    const [, address = ''] = / (\S+?)(?:\/(?:32|128))? dev /.exec(text) ?? [];
    const stderr = Object.entries(answers).find(([start]) => text.startsWith(start))?.[1];
    if (stderr !== undefined) return { code: 2, stdout: '', stderr };
    if (text.startsWith('ip addr add')) here.add(address);
    if (text.startsWith('ip addr del')) here.delete(address);
    if (text === 'ip -j addr show dev eth0') {
      const flags = state.flags ?? ['BROADCAST', 'UP', 'LOWER_UP'];
      const list = [...here, ...(state.there ?? [])].map((local) => ({ local }));
      return { code: 0, stdout: JSON.stringify([{}, { ifname: 'eth0', flags, addr_info: list }]), stderr: '' };
    }
    const other = state.see?.[text.split(' ').at(-1)!];
    if (text.startsWith('ip -j addr show') && other !== undefined)
      return { code: 0, stdout: JSON.stringify([{ ifname: 'eth1', flags: other }]), stderr: '' };
    if (text.startsWith('ip -j addr show')) return { code: 1, stdout: '', stderr: 'Device "eth1" does not exist.' };
    if (text.startsWith('ip -j route get')) {
      if (state.isDown) return { code: 2, stdout: '', stderr: 'RTNETLINK answers: Network is unreachable' };
      return { code: 0, stdout: JSON.stringify([{ dev: 'eth0', ...(here.has(args.at(-1) ?? '') && { type: 'local' }) }]), stderr: '' };
    }
    return { code: 0, stdout: text.includes('ndisc_notify') ? '0\n' : '', stderr: '' };
  };
  return {
    asked,
    poked,
    poke,
    announcer: createAddressAnnouncer({
      path,
      run,
      ...(device !== undefined && { device }),
      poke,
      waitMs: async () => {},
    }),
    put: (addresses: Readonly<Record<string, string>>, more: object = {}) =>
      writeFile(path, JSON.stringify({ version: 1, addresses, ...more })),
    file: async (): Promise<unknown> => JSON.parse(await readFile(path, 'utf8')),
    recorded: async (): Promise<unknown> => (JSON.parse(await readFile(path, 'utf8')) as { readonly addresses: unknown }).addresses,
  };
};

describe('addresses that are taken away', () => {
  it.each([
    'RTNETLINK answers: Cannot assign requested address',
    'Error: ipv4: Address not found.',
    'Error: ipv6: address not found.',
    'Cannot find device "eth0"',
  ])('one that is gone already is no failure: %s', async (stderr) => {
    const { announcer, put, recorded } = machine({ 'ip addr del': stderr });
    await put({ '192.0.2.1': 'eth0' });
    await announcer.withdraw([], { signal });
    expect(await recorded()).toEqual({});
  });

  it('one that cannot go keeps no other from going, and stays known', async () => {
    const refusal = 'RTNETLINK answers: Operation not permitted';
    const { announcer, asked, put, recorded } = machine({ 'ip addr del 192.0.2.1/32': refusal });
    await put({ '192.0.2.1': 'eth0', '192.0.2.2': 'eth0', '192.0.2.3': 'eth0' });
    await expect(announcer.withdraw(['192.0.2.3'], { signal })).rejects.toThrow(`ip addr del 192.0.2.1: ${refusal}`);
    expect(asked).toContain('ip addr del 192.0.2.2/32 dev eth0');
    expect(await recorded()).toEqual({ '192.0.2.1': 'eth0', '192.0.2.3': 'eth0' });
  });

  it('whoever ends does not go on with the next', async () => {
    const abort = new AbortController();
    const { put, recorded } = machine();
    await put({ '192.0.2.1': 'eth0', '192.0.2.2': 'eth0' });
    let calls = 0;
    const announcer = createAddressAnnouncer({
      path: join(directory, 'addresses.json'),
      run: async (_, args) => {
        if (!args.includes('del')) return { code: 0, stdout: '', stderr: '' };
        calls++;
        abort.abort(new Error('the kubelet ends'));
        throw new Error('killed');
      },
    });
    await expect(announcer.withdraw([], { signal: abort.signal })).rejects.toThrow('the kubelet ends');
    expect(calls).toBe(1);
    expect(await recorded()).toEqual({ '192.0.2.1': 'eth0', '192.0.2.2': 'eth0' });
  });
});

describe('addresses that are given', () => {
  it('one that cannot be added is a fault of its own; the others are given, told, and known', async () => {
    const { announcer, asked, poked, recorded } = machine({ 'ip addr add fd00::1': 'Error: IPv6 is disabled on this device.\n' });
    const { faults } = await announcer.announce(['fd00::1', '192.0.2.1'], { signal });
    expect([...faults]).toEqual([
      ['fd00::1', 'cannot be added: ip -6 addr add fd00::1/128 dev eth0 preferred_lft 0: Error: IPv6 is disabled on this device.'],
    ]);
    expect(await recorded()).toEqual({ '192.0.2.1': 'eth0' });
    expect(asked).toContain('ip route replace 192.0.0.8/32 dev eth0 src 192.0.2.1 proto 213');
    expect(poked).toEqual(['192.0.0.8', '192.0.0.8']);
    // What was switched for the first is as it was.
    expect(asked.filter((text) => text.includes('ndisc_notify'))).toEqual([
      'cat /proc/sys/net/ipv6/conf/eth0/ndisc_notify',
      'tee /proc/sys/net/ipv6/conf/eth0/ndisc_notify',
      'tee /proc/sys/net/ipv6/conf/eth0/ndisc_notify',
    ]);
  });

  it('one whose network is gone waits for it, whoever was given it', async () => {
    const { announcer, asked, put, recorded } = machine({}, { isDown: true });
    await put({ '192.0.2.1': 'eth0' });
    const { faults, waiting, isDone } = await announcer.announce(['192.0.2.1', '192.0.2.2'], { signal });
    expect([...faults]).toEqual([]);
    expect([...waiting]).toEqual([['192.0.2.2', 'is in no network of this machine any more']]);
    expect(isDone).toBe(false);
    expect(asked.filter((text) => text.startsWith('ip addr'))).toEqual([]);
    expect(await recorded()).toEqual({ '192.0.2.1': 'eth0' });
  });

  it('what an interface has is seen there, whatever the kernel says of adding it, and is a fault only where it was not given', async () => {
    const { announcer, asked, put, recorded } = machine({}, { there: ['fd00::1', 'fd00::2'] });
    await put({ 'fd00::1': 'eth0' });
    expect([...(await announcer.probe(['fd00::1', 'fd00::2'], { signal })).faults.keys()]).toEqual(['fd00::2']);
    const { faults, isDone } = await announcer.announce(['fd00::1', 'fd00::2'], { signal });
    expect([...faults.keys()]).toEqual(['fd00::2']);
    expect(isDone).toBe(true);
    expect([...(await announcer.held({ signal }))]).toEqual(['fd00::1']);
    expect(asked.filter((text) => text.startsWith('ip addr'))).toEqual([]);
    expect(await recorded()).toEqual({ 'fd00::1': 'eth0' });
  });

  it.each([
    ['eth0', ['BROADCAST'], 'eth0 is down'],
    ['eth0', ['BROADCAST', 'UP', 'NO-CARRIER'], 'eth0 has no carrier'],
    ['eth1', ['BROADCAST', 'UP', 'LOWER_UP'], 'has no place: this machine has no interface eth1'],
  ])('nothing is asked for nor given at %s with %j: %s', async (device, flags, why) => {
    const { announcer, asked, poked } = machine({}, { device, flags });
    const probed = await announcer.probe(['192.0.2.1', 'fd00::1'], { signal });
    expect([...probed.faults]).toEqual([]);
    expect([...probed.waiting]).toEqual(['192.0.2.1', 'fd00::1'].map((address) => [address, expect.stringContaining(why)]));
    const given = await announcer.announce(['192.0.2.1', 'fd00::1'], { signal });
    expect([...given.faults]).toEqual([]);
    expect([...given.waiting.keys()]).toEqual(['192.0.2.1', 'fd00::1']);
    expect(asked.filter((text) => /addr add|route add|neigh del/.test(text))).toEqual([]);
    expect(poked).toEqual([]);
  });

  it('one that neighbours cannot be told of keeps no other from that, is known over a restart, and told at the next look', async () => {
    const answers: Record<string, string> = {
      'ip route replace 192.0.0.8/32 dev eth0 src 192.0.2.1 ': 'Error: Device for nexthop is not up.',
    };
    const first = machine(answers);
    const { faults, isDone } = await first.announcer.announce(['192.0.2.1', '192.0.2.2'], { signal });
    expect([...faults]).toEqual([]);
    expect(isDone).toBe(false);
    expect(first.poked).toEqual(['192.0.0.8', '192.0.0.8']);
    expect(await first.file()).toEqual({ version: 1, addresses: { '192.0.2.1': 'eth0', '192.0.2.2': 'eth0' }, untold: ['192.0.2.1'] });
    // Another process, where the addresses are.
    const next = machine({}, { there: ['192.0.2.1', '192.0.2.2'] });
    expect((await next.announcer.announce(['192.0.2.1', '192.0.2.2'], { signal })).isDone).toBe(true);
    expect(next.asked.filter((text) => text.includes('route replace'))).toEqual(
      Array(2).fill('ip route replace 192.0.0.8/32 dev eth0 src 192.0.2.1 proto 213'),
    );
    expect(await next.file()).toEqual({ version: 1, addresses: { '192.0.2.1': 'eth0', '192.0.2.2': 'eth0' } });
  });

  it('of IPv6 one that was not told of is added anew, so that the kernel tells', async () => {
    const { announcer, asked, put, file } = machine({}, { there: ['fd00::1'] });
    await put({ 'fd00::1': 'eth0' }, { untold: ['fd00::1'] });
    expect((await announcer.announce(['fd00::1'], { signal })).isDone).toBe(true);
    expect(asked.filter((text) => /^ip addr|^tee/.test(text))).toEqual([
      'tee /proc/sys/net/ipv6/conf/eth0/ndisc_notify',
      'ip addr del fd00::1/128 dev eth0',
      'ip addr add fd00::1/128 dev eth0 preferred_lft 0',
      'tee /proc/sys/net/ipv6/conf/eth0/ndisc_notify',
    ]);
    expect(await file()).toEqual({ version: 1, addresses: { 'fd00::1': 'eth0' } });
  });

  it('ndisc_notify that a killed kubelet left on is set back, once', async () => {
    const { announcer, asked, put, file } = machine();
    await put({}, { notifying: ['eth0'] });
    await announcer.withdraw([], { signal });
    await announcer.withdraw([], { signal });
    expect(asked.filter((text) => text.startsWith('tee'))).toEqual(['tee /proc/sys/net/ipv6/conf/eth0/ndisc_notify']);
    expect(await file()).toEqual({ version: 1, addresses: {} });
  });
});

describe('a question that could not be asked is no answer', () => {
  it.each<readonly [string, Readonly<Record<string, string>>, string]>([
    ['no route', { 'ip route add': 'RTNETLINK answers: File exists' }, 'cannot be asked for at eth1: RTNETLINK answers: File exists'],
    ['no list of neighbours', { 'ip neigh show': 'Dump terminated' }, 'cannot be asked for at eth1: ip neigh show: Dump terminated'],
    ['a route that went', { 'ip route del': 'No such process' }, 'cannot be asked for at eth1: the route to it was taken away meanwhile'],
  ])('%s', async (_, answers, why) => {
    const { announcer } = machine({ ...answers }, { device: 'eth1', see: { eth1: ['UP', 'LOWER_UP'] } });
    const { faults, waiting } = await announcer.probe(['203.0.113.1'], { signal });
    expect([...faults]).toEqual([]);
    expect([...waiting]).toEqual([['203.0.113.1', why]]);
  });

  it('nor is one that the kernel does not send', async () => {
    const { announcer, poke } = machine();
    poke.mockRejectedValueOnce(new Error('send EPERM'));
    const { waiting } = await announcer.probe(['192.0.2.1', '192.0.2.2'], { signal });
    expect([...waiting]).toEqual([['192.0.2.1', 'cannot be asked for at eth0: send EPERM']]);
  });
});

describe('routes that a killed kubelet left', () => {
  const LEFT = [
    { dst: '203.0.113.1', dev: 'eth0' },
    { dst: '10.96.0.0/16', dev: 'lo' },
    { dst: '10.97.0.1', dev: 'lo' },
    { dst: 'default', dev: 'eth1' },
  ];
  /** What `ip route show` tells, one time after the other. */
  const routes = (...shown: readonly string[]) => {
    const asked: string[] = [];
    const waits: number[] = [];
    const run = async (program: string, args: readonly string[]): Promise<ProgramResult> => {
      const text = [program, ...args].join(' ');
      if (text !== 'ip -j -N -4 route show proto 213') asked.push(text);
      return { code: 0, stdout: text.includes('-4 route show') ? (shown[Math.min(waits.length, shown.length - 1)] ?? '') : '', stderr: '' };
    };
    const announcer = createAddressAnnouncer({
      path: join(directory, 'addresses.json'),
      run,
      waitMs: async (ms) => void waits.push(ms),
    });
    return { announcer, waits, deleted: () => asked.filter((text) => text.includes('route del')) };
  };

  it('go before the first look, and those of ranges stay', async () => {
    const { announcer, waits, deleted } = routes(JSON.stringify(LEFT));
    await announcer.withdraw([], { signal });
    expect(deleted()).toEqual(['ip -4 route del 203.0.113.1/32 dev eth0 proto 213']);
    expect(waits).toEqual([5_000]);
    await announcer.withdraw([], { signal });
    await announcer.probe([], { signal });
    expect(waits).toEqual([5_000]);
  });

  it('that cannot be looked for keep no address from going, and are looked for again', async () => {
    const { recorded, put } = machine();
    await put({ '192.0.2.1': 'eth0' });
    let looks = 0;
    const announcer = createAddressAnnouncer({
      path: join(directory, 'addresses.json'),
      run: async (_, args) => {
        if (args.includes('show') && ++looks === 1) throw new Error('ip was ended by SIGKILL');
        return { code: 0, stdout: '', stderr: '' };
      },
    });
    await announcer.withdraw([], { signal });
    expect(await recorded()).toEqual({});
    expect(looks).toBe(1);
    await announcer.withdraw([], { signal });
    expect(looks).toBe(3);
  });

  it('one that goes by itself is another kubelet’s, and nobody waits where there is none', async () => {
    const theirs = routes(JSON.stringify(LEFT), '[]');
    await theirs.announcer.probe([], { signal });
    expect(theirs.deleted()).toEqual([]);
    const fresh = routes(JSON.stringify(LEFT), JSON.stringify([...LEFT, { dst: '203.0.113.2', dev: 'eth0' }]));
    await fresh.announcer.probe([], { signal });
    expect(fresh.deleted()).toEqual(['ip -4 route del 203.0.113.1/32 dev eth0 proto 213']);
    for (const text of ['', '[ ]', 'Dump terminated', '{"a":1}', '[7,{"dst":7,"dev":"eth0"}]']) {
      const none = routes(text);
      await none.announcer.probe([], { signal });
      expect(none.waits).toEqual([]);
    }
  });
});
