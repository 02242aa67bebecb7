import { Signal } from '@solo-kubelet/cri-types';
import { describe, expect, it } from 'vitest';
import { readSignal } from './read-signal.js';

describe('readSignal', () => {
  it.each([
    ['SIGTERM', Signal.SIGTERM],
    ['SIGNAL_SIGTERM', Signal.SIGTERM],
    ['SIGNAL_RUNTIME_DEFAULT', Signal.RUNTIME_DEFAULT],
    [23, Signal.SIGTERM],
    ['23', Signal.SIGTERM],
    ['SIGNAL_SIGRTMINPLUS1', Signal.SIGRTMINPLUS1],
    ['SIGNOTHING', undefined],
    ['UNRECOGNIZED', undefined],
    ['toString', undefined],
    [1_000, undefined],
    [undefined, undefined],
  ])('reads %s', (value, signal) => expect(readSignal(value)).toBe(signal));
});
