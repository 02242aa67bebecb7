import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseDevices, type DeviceChoiceRequest } from './choose-devices.js';
import type { Device } from './device.js';

const device = (id: string, ...numaNodes: readonly number[]): Device => ({ id, health: 'Healthy', numaNodes });
const request = (rest: Partial<DeviceChoiceRequest>): DeviceChoiceRequest => ({
  count: 1,
  first: [],
  available: [],
  preferred: [],
  ...rest,
});

describe('chooseDevices', () => {
  it('takes the first by name, counting numbers as such', () => {
    const available = ['card10', 'card2', 'card1'].map((id) => device(id));
    expect(chooseDevices(request({ count: 2, available }))).toEqual({ type: 'chosen', devices: ['card1', 'card2'] });
  });

  it('asks nobody when what is at hand is enough', () => {
    expect(chooseDevices(request({ first: ['a', 'b'], preferred: undefined }))).toEqual({ type: 'chosen', devices: ['a'] });
  });

  it('says how many are missing beside those at hand', () => {
    expect(chooseDevices(request({ count: 3, first: ['a'], available: [device('a'), device('b')] }))).toEqual({
      type: 'short',
      missing: 2,
      available: 1,
    });
  });

  it('lets the plugin choose among all, those at hand included', () => {
    const available = ['a', 'b', 'c'].map((id) => device(id));
    expect(chooseDevices(request({ count: 2, first: ['c'], available, preferred: undefined }))).toEqual({
      type: 'ask',
      available: ['a', 'b', 'c'],
      mustInclude: ['c'],
      count: 2,
    });
    expect(chooseDevices(request({ count: 2, first: ['c'], available, preferred: ['c', 'b'] }))).toEqual({
      type: 'chosen',
      devices: ['c', 'b'],
    });
  });

  it('fills up what the plugin leaves open, and ignores what nobody offered', () => {
    const available = ['a', 'b', 'c'].map((id) => device(id));
    expect(chooseDevices(request({ count: 2, available, preferred: ['x', 'c'] }))).toEqual({ type: 'chosen', devices: ['c', 'a'] });
  });

  it('lets the plugin choose only among those on the wanted NUMA nodes while they are more than enough', () => {
    const available = [device('a', 0), device('b', 1), device('c', 1), device('d', 1)];
    const wanted = { count: 2, available, affinity: new Set([1]) };
    expect(chooseDevices(request({ ...wanted, preferred: undefined }))).toMatchObject({
      type: 'ask',
      available: ['b', 'c', 'd'],
      mustInclude: [],
    });
    expect(chooseDevices(request({ ...wanted, preferred: ['a', 'd'] }))).toEqual({ type: 'chosen', devices: ['d', 'b'] });
  });

  it('takes all on the wanted NUMA nodes before any other, and those without a node last', () => {
    const available = [device('free'), device('here', 1), device('x', 0), device('y', 0), device('z', 2)];
    const wanted = { count: 4, available, affinity: new Set([1]) };
    expect(chooseDevices(request({ ...wanted, preferred: undefined }))).toMatchObject({ type: 'ask', mustInclude: ['here'] });
    expect(chooseDevices(request(wanted))).toEqual({ type: 'chosen', devices: ['here', 'z', 'x', 'y'] });
  });

  it('counts a device on a wanted and an unwanted node as wanted', () => {
    const available = [device('both', 0, 1), device('other', 0)];
    expect(chooseDevices(request({ available, affinity: new Set([1]) }))).toEqual({ type: 'chosen', devices: ['both'] });
  });

  it('gives as many as asked for, each once and each one that is there, whatever the plugin prefers', () => {
    const ids = fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'f', 'g'));
    const nodes = fc.uniqueArray(fc.integer({ min: 0, max: 2 }));
    fc.assert(
      fc.property(
        ids,
        ids,
        ids,
        nodes,
        fc.integer({ min: 1, max: 7 }),
        fc.array(nodes, { minLength: 7, maxLength: 7 }),
        (first, free, preferred, affinity, count, places) => {
          const available = free.map((id, index) => device(id, ...(places[index] ?? [])));
          const choice = chooseDevices({ count, first, available, preferred, affinity: new Set(affinity) });
          const all = new Set([...first, ...free]);
          if (choice.type === 'chosen') {
            expect(new Set(choice.devices).size).toBe(count);
            expect(choice.devices.every((id) => all.has(id))).toBe(true);
          } else {
            expect(choice.type).toBe('short');
            expect(all.size).toBeLessThan(count);
          }
        },
      ),
    );
  });
});
