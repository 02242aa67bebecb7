import { expect, it } from 'vitest';
import { isTime } from './write-when-calm.js';

it('is when the thread is at rest, and in the end all the same', () => {
  expect(isTime(5_000, 0.05)).toBe(true);
  expect(isTime(5_000, 0.5)).toBe(false);
  expect(isTime(59_000, 0.9)).toBe(false);
  expect(isTime(60_000, 0.9)).toBe(true);
});
