import { expect, it } from 'vitest';
import { metaTime } from './index.js';

it.each([
  [0, '1970-01-01T00:00:00Z'],
  [Date.parse('2031-05-06T07:08:09.999Z'), '2031-05-06T07:08:09Z'],
  [-62_135_596_800_000, '0001-01-01T00:00:00Z'],
  [Number.NaN, '0001-01-01T00:00:00Z'],
  [Number.POSITIVE_INFINITY, '0001-01-01T00:00:00Z'],
  [1e20, '0001-01-01T00:00:00Z'],
])('%d ms is %s', (ms, text) => expect(metaTime(ms)).toBe(text));
