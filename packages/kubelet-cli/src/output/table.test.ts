import { humanDuration } from '@solo-kubelet/diagnostics/text';
import { expect, it } from 'vitest';
import { formatTable, growingTable } from './table.js';

it('aligns columns as kubectl does, with nothing after the last', () => {
  expect(
    formatTable(
      ['NAME', 'READY', 'STATUS'],
      [
        ['web-node1', '1/1', 'Running'],
        ['摄像', '0/1', 'Pending'],
      ],
    ),
  ).toBe('NAME        READY   STATUS\nweb-node1   1/1     Running\n摄像        0/1     Pending\n');
});

it('cuts lines for a narrow terminal', () => {
  expect(formatTable(['NAME'], [['a-very-long-name']], { noHeaders: true, maxWidth: 8 })).toBe('a-very-…\n');
});

it('keeps the columns of a table that grows', () => {
  const table = growingTable(['NAME', 'READY', 'STATUS']);
  expect(table([['a-long-name', '1/1', 'Running']])).toBe('NAME          READY   STATUS\na-long-name   1/1     Running\n');
  expect(table([['b', '0/1', 'Pending']])).toBe('b             0/1     Pending\n');
});

it('shows only the first line of a cell', () => {
  expect(formatTable(['MESSAGE'], [['Readiness probe failed: a\nb']], { noHeaders: true })).toBe('Readiness probe failed: a...\n');
});

it('lets nothing that a container wrote steer the terminal', () => {
  expect(formatTable(['MESSAGE'], [['\u001b[2Jgone\u0007\u009b']], { noHeaders: true })).toBe('^[[2Jgone^G\\u009b\n');
});

it.each([
  [0, '0s'],
  [119_000, '119s'],
  [120_000, '2m'],
  [185_000, '3m5s'],
  [600_000, '10m'],
  [10_799_000, '179m'],
  [10_800_000, '3h'],
  [12_600_000, '3h30m'],
  [28_800_000, '8h'],
  [172_800_000, '2d'],
  [180_000_000, '2d2h'],
  [691_200_000, '8d'],
  [63_072_000_000, '2y'],
  [-5_000, '<invalid>'],
])('%i ms is %s', (ms, text) => {
  expect(humanDuration(ms)).toBe(text);
});
