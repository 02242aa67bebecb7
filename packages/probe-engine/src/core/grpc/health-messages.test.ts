import { expect, it } from 'vitest';
import { encodeHealthRequest, readServingStatus, showServingStatus } from './health-messages.js';

it.each<[string, readonly number[], number | undefined]>([
  ['nothing', [], 0],
  ['a status', [8, 1], 1],
  ['the last status', [8, 1, 8, 2], 2],
  ['a status in more bytes than it needs', [8, 0x81, 0x80, 0], 1],
  ['a status of 64 bits, of which 32 count', [8, 0x81, 0x80, 0x80, 0x80, 0xf0, 1], 1],
  ['a status below zero', [8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], -1],
  ['status as another type', [10, 1, 2], 0],
  ['fields that it does not know', [0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a, 2, 8, 9, 0x25, 0, 0, 0, 0, 8, 1], 1],
  ['a group, whose fields are its own', [0x1b, 8, 2, 0x23, 0x24, 0x1c, 8, 1], 1],
  ['a tag of more bytes than it needs', [0x88, 0, 1], 1],
  ['no value', [8], undefined],
  ['a value that is cut', [8, 0x80], undefined],
  ['a value of more than 64 bits', [8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2], undefined],
  ['field 0', [0, 1], undefined],
  ['a field beyond 29 bits', [0x80, 0x80, 0x80, 0x80, 0x10, 1], undefined],
  ['a type that is none', [0x0e], undefined],
  ['bytes that are cut', [0x1a, 5, 1], undefined],
  ['bytes of more than there are numbers', [0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], undefined],
  ['a number that is cut', [0x25, 0, 0], undefined],
  ['a group without end', [0x1b], undefined],
  ['the end of another group', [0x1b, 0x24], undefined],
  ['the end of no group', [0x1c], undefined],
  ['groups within groups without end', Array.from({ length: 60_000 }, () => 0x1b), undefined],
])('reads %s', (_what, bytes, status) => expect(readServingStatus(Uint8Array.from(bytes))).toBe(status));

it.each([
  [0, 'UNKNOWN'],
  [1, 'SERVING'],
  [2, 'NOT_SERVING'],
  [3, 'SERVICE_UNKNOWN'],
  [4, '4'],
  [-1, '-1'],
])('shows %i as %s', (status, text) => expect(showServingStatus(status)).toBe(text));

it('asks for a service by its name in UTF-8, and for the server by nothing', () => {
  expect(encodeHealthRequest('')).toEqual(Uint8Array.of());
  expect(encodeHealthRequest('dä')).toEqual(Uint8Array.of(10, 3, 0x64, 0xc3, 0xa4));
  expect(encodeHealthRequest('x'.repeat(200)).subarray(0, 3)).toEqual(Uint8Array.of(10, 0xc8, 1));
});
