import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { joinSignals, onAbort } from './index.js';

describe('onAbort', () => {
  it('calls everybody once, and leaves no listener', () => {
    const controller = new AbortController();
    const called = [vi.fn(), vi.fn()];
    for (const each of called) onAbort(controller.signal, each);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
    for (const each of called) expect(each).toHaveBeenCalledTimes(1);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('calls back at once when the signal has aborted already', () => {
    const called = vi.fn();
    onAbort(AbortSignal.abort(), called);
    expect(called).toHaveBeenCalledTimes(1);
  });

  it('takes its listener away with the last that waits, and listens anew for the next', () => {
    const { signal } = new AbortController();
    const releases = [onAbort(signal, () => {}), onAbort(signal, () => {})];
    for (const release of releases) release();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    const old = releases[0];
    const again = onAbort(signal, () => {});
    old?.();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    again();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('does not call one that left while the others were called', () => {
    const controller = new AbortController();
    const second = vi.fn();
    onAbort(controller.signal, () => release());
    const release = onAbort(controller.signal, second);
    controller.abort();
    expect(second).not.toHaveBeenCalled();
  });

  it('has nothing to wait for without a signal', () => expect(onAbort(undefined, () => {})()).toBe(undefined));
});

describe('joinSignals', () => {
  it('aborts with the first, for its reason, and then listens to none', () => {
    const [first, second] = [new AbortController(), new AbortController()];
    using joined = joinSignals([first.signal, undefined, second.signal]);
    second.abort('late');
    first.abort('later');
    expect(joined.signal.reason).toBe('late');
    expect(getEventListeners(first.signal, 'abort')).toHaveLength(0);
  });

  it('is aborted from the start when one of them is', () => {
    const { signal } = new AbortController();
    expect(joinSignals([signal, AbortSignal.abort('gone')]).signal.reason).toBe('gone');
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('leaves nothing at a signal that lives on', () => {
    const { signal } = new AbortController();
    {
      using joined = joinSignals([signal]);
      expect(joined.signal.aborted).toBe(false);
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    // Node's own way of joining keeps a reference in the signal for ever.
    expect(Object.getOwnPropertySymbols(signal).filter((key) => String(key).includes('ependant'))).toEqual(
      Object.getOwnPropertySymbols(new AbortController().signal).filter((key) => String(key).includes('ependant')),
    );
  });
});
