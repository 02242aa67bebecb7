import type { SourceObject } from '@solo-kubelet/node-api';
import { expect, it } from 'vitest';
import { fakeIo } from '../../test/fake-io.js';
import { CliError } from '../cli-error.js';
import type { NodeClient } from '../client/node-client.js';
import type { CommandInput } from '../command.js';
import { sources } from './sources.js';
import { sourcesCommand } from './sources-command.js';

const NOW = Date.UTC(2026, 10, 29, 12);
const ready: SourceObject = {
  name: 'site',
  url: 'https://example.org/site.yaml',
  require: 'signature',
  priority: 0,
  state: 'Ready',
  since: '2026-11-29T11:00:00Z',
  revision: 42,
  digest: 'abcdef0123456789',
  verifiedBy: 'minisign X',
  applied: '2026-11-29T11:00:00Z',
  checked: '2026-11-29T11:59:30Z',
  failures: 0,
};
const refused: SourceObject = { ...ready, name: 'ops', state: 'Stale', reason: 'KeyUnknown', message: 'who?', failures: 1, refused: true };
const lost: SourceObject = { ...ready, name: 'far', state: 'Stale', reason: 'Unreachable', message: 'no', failures: 1, refused: false };

const show = async (all: readonly SourceObject[], options: Partial<Parameters<typeof sources>[0]> = {}) => {
  const io = fakeIo();
  const client = { listSources: async () => all } as unknown as NodeClient;
  const status = await sources({ names: [], ...options }, { client, io, signal: io.interrupted, now: () => NOW });
  return { status, output: io.output(), errors: io.errors() };
};

it('shows a line for each source', async () => {
  const { output } = await show([ready, refused]);
  expect(output.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['NAME', 'STATE', 'REVISION', 'VERIFIED BY', 'APPLIED', 'CHECKED', 'MESSAGE'],
    ['site', 'Ready', '42', 'minisign X', '60m', '30s'],
    ['ops', 'Stale', '42', 'minisign X', '60m', '30s', 'KeyUnknown: who?'],
    [''],
  ]);
});

it('tells how much of a source is for other nodes', async () => {
  const some = { ...ready, elsewhere: 2 };
  expect((await show([some])).output).toContain('2 of its documents are for other nodes\n');
  expect(JSON.parse((await show([some], { output: 'json' })).output).items[0]).toMatchObject({ name: 'site', elsewhere: 2 });
});

it.each<[string, readonly SourceObject[], number]>([
  ['all ready', [ready], 0],
  ['none at all', [], 0],
  ['a refusal', [ready, lost, refused], 3],
  ['one that can not be reached', [ready, lost], 1],
  ['one that was not checked', [{ ...ready, state: 'Pending' }], 1],
  ['one that is not renewed', [{ ...ready, notRenewed: true }], 1],
])('tells by its exit status: %s', async (_what, all, status) => expect((await show(all)).status).toBe(status));

it('shows one by its name as JSON, and judges that one alone', async () => {
  const { status, output } = await show([ready, refused], { names: ['site'], output: 'json' });
  expect(status).toBe(0);
  expect(JSON.parse(output)).toEqual(ready);
  await expect(show([ready], { names: ['none'] })).rejects.toThrow('source "none" not found');
});

const waiting = { ...ready, rollout: { reason: 'OutsideWindow', message: 'closed', revision: 43, since: '2026-11-29T11:00:00Z' } };
it('tells what the newest revision waits for, and which one was left', async () => {
  expect((await show([waiting])).output).toContain('OutsideWindow: revision 43: closed\n');
  expect((await show([waiting])).status).toBe(0);
  const left = { ...waiting, rollout: { ...waiting.rollout, reason: 'RolledBack', message: 'it crashed' } };
  expect((await show([left])).output).toContain('RolledBack: revision 43: it crashed\n');
  expect((await show([left])).status).toBe(3);
  expect((await show([{ ...ready, onTrial: true }])).status).toBe(1);
});

it('steers rollouts, and goes on with the next one where one refuses', async () => {
  const io = fakeIo();
  const asked: string[] = [];
  const client = {
    commandSource: async (name: string, command: string) => {
      asked.push(`${command} ${name}`);
      if (name === 'no') throw new CliError({ code: 'CLI_REFUSED', message: 'source no: there is nothing to skip' });
      return 'revision 2 is skipped';
    },
  } as unknown as NodeClient;
  const status = await sources({ names: ['no', 'site'], command: 'skip' }, { client, io, signal: io.interrupted, now: () => NOW });
  expect([status, asked, io.output(), io.errors()]).toEqual([
    1,
    ['skip no', 'skip site'],
    'source/site: revision 2 is skipped\n',
    'error: source no: there is nothing to skip\n',
  ]);
});

it('asks which source is meant where a command has no name', async () => {
  const run = async () => sourcesCommand.run({ operands: ['hold'], options: {} } as unknown as CommandInput, fakeIo(), []);
  await expect(run()).rejects.toThrow('hold which source?');
});
