import { expect, it } from 'vitest';
import { regressions, type SmallForm } from './judge.js';
import { operationsOf } from './small-form.js';

const recorded: SmallForm = {
  'calls of the runtime over the bare ones': 1.2,
  'looks at the runtime for each Pod': 1,
  'operations on files for each Pod': 80,
  'CPU time over that of the bare calls': 3,
};

it('lets pass what costs as much as recorded, less, or little more', () => {
  expect(regressions(recorded, recorded)).toEqual([]);
  expect(regressions({ ...recorded, 'operations on files for each Pod': 70 }, recorded)).toEqual([]);
  expect(regressions({ ...recorded, 'operations on files for each Pod': 91 }, recorded)).toEqual([]);
});

it('tells of what costs more than 15 % more, by its name', () => {
  expect(regressions({ ...recorded, 'operations on files for each Pod': 93 }, recorded)).toEqual([
    'operations on files for each Pod: 93.00, recorded 80.00, at most 92.00',
  ]);
  expect(regressions({ ...recorded, 'calls of the runtime over the bare ones': 1.4 }, recorded)).toHaveLength(1);
});

it('counts what each call asks of the file system', () => {
  expect(operationsOf({ open: 1, 'handle.write': 1, readFile: 1, mkdir: 2 })).toBe(10);
});
