import { describe, expect, it } from 'vitest';
import {
  dualSocketHT,
  dualSocketMultiNumaHT,
  dualSocketMultiNumaHTLarge,
  dualSocketNoHT,
  singleSocketHT,
  uncoreDualSocketNoSMT,
  uncoreSingleSocketMultiNuma,
  uncoreSingleSocketNoSMT,
  uncoreSingleSocketSMT,
} from '../../testing/example-topologies.js';
import { formatCpuSet, parseCpuSet } from './cpu-set.js';
import { takeDistributed } from './take-distributed.js';
import { takePacked } from './take-packed.js';

const cpus = (text: string) => parseCpuSet(text) ?? [];
const plain = { spread: false, alignByUncoreCache: false };

describe('takePacked', () => {
  it.each([
    ['more than there are', singleSocketHT, '0,2,4,6', 5, undefined],
    ['none', singleSocketHT, '0-7', 0, ''],
    ['one', singleSocketHT, '0-7', 1, '0'],
    ['one, from a core that others use already', singleSocketHT, '1,3,5-7', 1, '6'],
    ['two, a core', singleSocketHT, '0-7', 2, '0,4'],
    ['all', singleSocketHT, '0-7', 8, '0-7'],
    ['two, the only whole core', singleSocketHT, '0-3,6', 2, '2,6'],
    ['a socket', dualSocketHT, '0-11', 6, '0,2,4,6,8,10'],
    ['one, of the fuller socket', dualSocketHT, '1-5,7-11', 1, '2'],
    ['a socket and a core', dualSocketHT, '0-11', 8, '0-2,4,6-8,10'],
    ['a socket of several nodes', dualSocketMultiNumaHT, '0-79', 40, '0-19,40-59'],
    ['a node', dualSocketMultiNumaHT, '0-79', 20, '0-9,40-49'],
    ['a node, the first being taken', dualSocketMultiNumaHT, '10-39,50-79', 20, '10-19,50-59'],
    ['a socket and a node', dualSocketMultiNumaHT, '0-79', 60, '0-29,40-69'],
    ['a socket and a node, a core being taken', dualSocketMultiNumaHT, '1-39,41-79', 60, '10-39,50-79'],
    ['three nodes and two cores', dualSocketMultiNumaHT, '0-79', 64, '0-31,40-71'],
  ])('takes %s', (_what, topology, available, count, expected) => {
    const taken = takePacked(topology, cpus(available), count, plain);
    expect(taken && formatCpuSet(taken)).toBe(expected);
  });

  it.each([
    ['two caches and part of a third', uncoreSingleSocketNoSMT, '1-15', 10, '1-2,4-11'],
    ['one', dualSocketHT, '1-5,7-11', 1, '1'],
    ['the first cache', uncoreDualSocketNoSMT, '0-15', 4, '0-3'],
    ['what is left of a socket', uncoreDualSocketNoSMT, '2-15', 6, '2-7'],
    ['the first cache of the second socket', uncoreDualSocketNoSMT, '8-15', 4, '8-11'],
    ['two that share a cache, whatever the node', uncoreSingleSocketMultiNuma, '3-8,12', 2, '4-5'],
    ['the cache that has enough', uncoreSingleSocketSMT, '2-7,10-15', 6, '4-6,12-14'],
    ['a cache and a core of another', uncoreSingleSocketSMT, '1-7,9-15', 10, '1,4-7,9,12-15'],
  ])('takes %s when caches count', (_what, topology, available, count, expected) => {
    expect(formatCpuSet(takePacked(topology, cpus(available), count, { spread: false, alignByUncoreCache: true }) ?? [])).toBe(expected);
  });

  it.each([
    [singleSocketHT, '0-7', 3, '0-2'],
    [dualSocketHT, '0-11', 2, '0,2'],
    [dualSocketHT, '0-11', 3, '0,2,4'],
    [dualSocketHT, '0-11', 6, '0,2,4,6,8,10'],
    [dualSocketHT, '0-11', 8, '0-4,6,8,10'],
    [dualSocketNoHT, '0-7', 2, '0-1'],
    [dualSocketMultiNumaHT, '0-79', 8, '0-7'],
  ])('spreads over cores (case %#)', (topology, available, count, expected) => {
    expect(formatCpuSet(takePacked(topology, cpus(available), count, { spread: true, alignByUncoreCache: false }) ?? [])).toBe(expected);
  });
});

describe('takeDistributed', () => {
  it.each([
    ['one', dualSocketHT, '1-5,7-11', 1, 1, '1'],
    ['one, which is no whole core', dualSocketHT, '1-5,7-11', 1, 2, '2'],
    ['13 cores over two nodes', dualSocketMultiNumaHT, '0-79', 26, 1, '0-6,10-16,40-45,50-55'],
    ['13 cores over two nodes by cores', dualSocketMultiNumaHT, '0-79', 26, 2, '0-6,10-15,40-46,50-55'],
    ['31 cores over all nodes', dualSocketMultiNumaHT, '0-79', 62, 1, '0-7,10-17,20-27,30-37,40-47,50-57,60-66,70-76'],
    ['31 cores over all nodes by cores', dualSocketMultiNumaHT, '0-79', 62, 2, '0-7,10-17,20-27,30-36,40-47,50-57,60-67,70-76'],
    [
      '31 cores so that what is left is balanced',
      dualSocketMultiNumaHT,
      '0-8,10-18,20-39,40-48,50-58,60-79',
      62,
      1,
      '0-7,10-17,20-27,30-37,40-46,50-56,60-67,70-77',
    ],
    [
      '31 cores so that what is left is balanced by cores',
      dualSocketMultiNumaHT,
      '0-8,10-18,20-39,40-48,50-58,60-79',
      62,
      2,
      '0-7,10-16,20-27,30-37,40-47,50-56,60-67,70-77',
    ],
    [
      'what is left over from nodes that have it',
      dualSocketMultiNumaHT,
      '0-3,10-13,20-23,30-36,40-43,50-53,60-63,70-76',
      34,
      1,
      '0-3,10-13,20-23,30-34,40-43,50-53,60-63,70-74',
    ],
    [
      '28 of a large machine in use',
      dualSocketMultiNumaHTLarge,
      '0,128,30,31,158,159,43-47,171-175,62,63,190,191,75-79,203-207,94,96,222,223,101-111,229-239,126,127,254,255',
      28,
      1,
      '43-47,75-79,96,101-105,171-174,203-206,229-232',
    ],
  ])('takes %s', (_what, topology, available, count, groupSize, expected) => {
    const style = { ...plain, groupSize, alignBySocket: false };
    expect(formatCpuSet(takeDistributed(topology, cpus(available), count, style) ?? [])).toBe(expected);
  });
});
