import { expect, it } from 'vitest';
import { type RoomBlob, type RoomStep, roomNeeded } from './room-needed.js';

const layer = (digest: string, size: number, isCompressed = false): RoomBlob => ({ digest, size, isUnpacked: true, isCompressed });
const document = (digest: string, size: number): RoomBlob => ({ digest, size, isUnpacked: false, isCompressed: false });
const step = (...blobs: readonly RoomBlob[]): RoomStep => ({ blobs, loads: true });
const nothing = { here: () => 0, held: new Set<string>() };

it('an image lies there fetched, kept by the runtime, and unpacked', () =>
  expect(roomNeeded([step(document('c', 1), layer('a', 100))], nothing)).toEqual({ fetched: 101, runtime: 201, together: 302 }));

it('what was fetched of one makes room for the next', () =>
  expect(roomNeeded([step(layer('a', 100)), step(layer('b', 10))], nothing)).toEqual({ fetched: 100, runtime: 220, together: 300 }));

it('a layer of two is fetched, kept and unpacked once, and lies there until the second is in, too', () =>
  expect(roomNeeded([step(layer('a', 100)), step(layer('a', 100), layer('b', 10))], nothing)).toEqual({
    fetched: 110,
    runtime: 220,
    together: 330,
  }));

it('the same layer twice in one image counts once', () =>
  expect(roomNeeded([step(layer('a', 100), layer('a', 100))], nothing)).toEqual({ fetched: 100, runtime: 200, together: 300 }));

it('what is here, and what the runtime has, takes no more', () =>
  expect(
    roomNeeded([step(layer('a', 100), layer('b', 50))], { here: (digest) => (digest === 'a' ? 70 : 0), held: new Set(['b']) }),
  ).toEqual({ fetched: 30, runtime: 200, together: 230 }));

it('more than there should be here is no room gained', () =>
  expect(roomNeeded([step(layer('a', 100))], { ...nothing, here: () => 500 })).toMatchObject({ fetched: 0 }));

it('compressed layers unpack to more', () =>
  expect(roomNeeded([step(layer('a', 100, true), layer('b', 10))], { ...nothing, ratio: 3 })).toMatchObject({
    runtime: 100 + 300 + 10 + 10,
  }));

it('what waits for its window is fetched, and goes nowhere yet', () =>
  expect(roomNeeded([{ ...step(layer('a', 100)), loads: false }, step(layer('b', 10))], nothing)).toEqual({
    fetched: 110,
    runtime: 20,
    together: 130,
  }));

it('nothing needs nothing', () => expect(roomNeeded([], nothing)).toEqual({ fetched: 0, runtime: 0, together: 0 }));
