import { silentLogger } from '@solo-kubelet/diagnostics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EnteredProcess } from './container-processes.js';
import { createHangUps, type ExecRequest } from './hang-up.js';

let running: EnteredProcess[];
let hungUp: number[];
let ticks: number;
let stopping: AbortController;

const processes = {
  nowTicks: () => ticks,
  entered: async () => running,
  hangUp: async ({ pid }: EnteredProcess) => void hungUp.push(pid),
};
const hangUps = () => createHangUps({ logger: silentLogger, signal: stopping.signal, processes });
const asked = (command: readonly string[], rest: Partial<ExecRequest> = {}): ExecRequest => ({
  containerId: 'c1',
  command,
  tty: false,
  others: [],
  ...rest,
});
const runs = (pid: number, startTicks: number, name: string, hasTerminal = false): void =>
  void running.push({ pid, startTicks, name, hasTerminal });
const later = (ms = 1_000) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  [running, hungUp, ticks, stopping] = [[], [], 100, new AbortController()];
});
afterEach(() => void vi.useRealTimers());

describe('exec, when its client leaves', () => {
  it('has its process hung up on, after a moment to end by itself', async () => {
    const session = hangUps().begin(asked(['yes']));
    runs(1, 50, 'app');
    runs(2, 101, 'yes');
    session.over(true);
    await later(999);
    expect(hungUp).toEqual([]);
    await later(1);
    expect(hungUp).toEqual([2]);
  });

  it.each([
    { name: 'a program or script by the name of its file', command: ['/usr/local/bin/run.sh', '-v'], shown: 'run.sh' },
    { name: 'a long name by what the kernel keeps of it', command: ['averyveryverylongname'], shown: 'averyveryverylo' },
  ])('knows $name', async ({ command, shown }) => {
    const session = hangUps().begin(asked(command));
    runs(2, 100, shown);
    session.over(true);
    await later();
    expect(hungUp).toEqual([2]);
  });

  it('tells the shell of a terminal from one without', async () => {
    const session = hangUps().begin(asked(['sh'], { tty: true, others: [['sh', '-c', 'probe']] }));
    runs(2, 101, 'sh', true);
    runs(3, 101, 'sh');
    session.over(true);
    await later();
    expect(hungUp).toEqual([2]);
  });

  it.each([
    { name: 'has another name', startTicks: 101, shown: 'yes: worker', hasTerminal: false },
    { name: 'was there before the session', startTicks: 99, shown: 'yes', hasTerminal: false },
    { name: 'came long after the session had begun', startTicks: 1_101, shown: 'yes', hasTerminal: false },
    { name: 'has a terminal that the session had not', startTicks: 101, shown: 'yes', hasTerminal: true },
  ])('spares a process that $name', async ({ startTicks, shown, hasTerminal }) => {
    const session = hangUps().begin(asked(['yes']));
    runs(2, startTicks, shown, hasTerminal);
    session.over(true);
    await later();
    expect(hungUp).toEqual([]);
  });

  it('spares what may be of a probe or hook of that container', async () => {
    const session = hangUps().begin(asked(['/bin/cat', '/x'], { others: [['pg_isready'], ['cat', '/ready']] }));
    runs(2, 101, 'cat');
    session.over(true);
    await later();
    expect(hungUp).toEqual([]);
  });

  it('spares all while another client runs such a process, and hangs up when the last has left', async () => {
    const all = hangUps();
    const [left, stays] = [all.begin(asked(['sh'])), all.begin(asked(['sh', '-c', 'x']))];
    runs(2, 101, 'sh');
    runs(3, 102, 'sh');
    left.over(true);
    await later(60_000);
    expect(hungUp).toEqual([]);
    running = running.slice(0, 1);
    stays.over(false);
    await later();
    expect(hungUp).toEqual([2]);
  });

  it('waits for a client that comes while it waits', async () => {
    const all = hangUps();
    all.begin(asked(['sh'])).over(true);
    runs(2, 101, 'sh');
    await later(500);
    ticks = 5_000;
    const next = all.begin(asked(['sh']));
    runs(3, 5_001, 'sh');
    await later(60_000);
    expect(hungUp).toEqual([]);
    next.over(true);
    await later();
    expect(hungUp).toEqual([2, 3]);
  });

  it('spares all where more such processes run than clients have left: somebody else has started one', async () => {
    const session = hangUps().begin(asked(['cat']));
    runs(2, 101, 'cat');
    runs(3, 101, 'cat');
    session.over(true);
    await later();
    expect(hungUp).toEqual([]);
  });

  it('is of its container and its program alone', async () => {
    const all = hangUps();
    all.begin(asked(['sh'], { containerId: 'c2' }));
    all.begin(asked(['bash']));
    const session = all.begin(asked(['sh']));
    runs(2, 101, 'sh');
    session.over(true);
    await later();
    expect(hungUp).toEqual([2]);
  });

  it('that ended by itself is never looked for; nothing is hung up on when the server stops', async () => {
    const looked = vi.spyOn(processes, 'entered');
    const all = hangUps();
    all.begin(asked(['true'])).over(false);
    const session = all.begin(asked(['sh']));
    session.over(true);
    stopping.abort();
    await later(60_000);
    expect(looked).not.toHaveBeenCalled();
    looked.mockRestore();
    expect(vi.getTimerCount()).toBe(0);
  });
});
