import { expect, it } from 'vitest';
import { parseRfc3339 } from './rfc3339.js';

it.each([
  ['2026-01-02T03:04:05Z', Date.UTC(2026, 0, 2, 3, 4, 5)],
  ['2026-01-02T03:04:05.123456789Z', Date.UTC(2026, 0, 2, 3, 4, 5, 123)],
  ['2026-01-02T03:04:05+01:00', Date.UTC(2026, 0, 2, 2, 4, 5)],
  ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ['2026', undefined],
  ['2026-01-02', undefined],
  ['2026-01-02T03:04Z', undefined],
  ['2026-01-02T03:04:05', undefined],
  ['2026-02-29T00:00:00Z', undefined],
  ['2026-01-02T24:00:00Z', undefined],
  ['2026-13-02T03:04:05Z', undefined],
  ['2026-01-02 03:04:05Z', undefined],
  ['yesterday', undefined],
  ['', undefined],
])('%s', (text, expected) => expect(parseRfc3339(text)).toBe(expected));
