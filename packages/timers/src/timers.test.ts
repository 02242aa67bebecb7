import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callDeadline, checkDuration, delay, longInterval, longTimeout, MAX_TIMER_MS, timeoutSignal } from './index.js';

const FIVE_WEEKS_MS = 35 * 86_400_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('longTimeout', () => {
  it.each([1, 1_000, MAX_TIMER_MS, MAX_TIMER_MS + 1, FIVE_WEEKS_MS, 2_147_483_647_000])('calls back after %i ms, once', (ms) => {
    const called = vi.fn();
    longTimeout(called, ms);
    vi.advanceTimersByTime(ms - 1);
    expect(called).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(1);
    expect(called).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([-1, Number.NEGATIVE_INFINITY])('takes %d for no wait at all', (ms) => {
    const called = vi.fn();
    longTimeout(called, ms);
    vi.advanceTimersByTime(0);
    expect(called).toHaveBeenCalledTimes(1);
  });

  it('never comes after Infinity, nor busily waits for it', () => {
    const called = vi.fn();
    longTimeout(called, Number.POSITIVE_INFINITY);
    vi.advanceTimersToNextTimer();
    vi.advanceTimersToNextTimer();
    expect(called).not.toHaveBeenCalled();
    expect(Date.now()).toBeGreaterThanOrEqual(2 * MAX_TIMER_MS);
  });

  it('can be taken back in any of its stretches', () => {
    const called = vi.fn();
    const cancel = longTimeout(called, FIVE_WEEKS_MS);
    vi.advanceTimersByTime(MAX_TIMER_MS + 10);
    cancel();
    expect(vi.getTimerCount()).toBe(0);
    expect(called).not.toHaveBeenCalled();
  });

  it('refuses NaN, which Node would take for 1 ms', () => {
    expect(() => longTimeout(() => {}, Number.NaN)).toThrow(RangeError);
  });
});

describe('longInterval', () => {
  it('calls back again and again, until it is ended', () => {
    const called = vi.fn();
    const end = longInterval(called, MAX_TIMER_MS + 1);
    vi.advanceTimersByTime(MAX_TIMER_MS);
    expect(called).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(MAX_TIMER_MS + 2);
    expect(called).toHaveBeenCalledTimes(2);
    end();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([0, -1, Number.NaN])('refuses %d ms', (ms) => expect(() => longInterval(() => {}, ms)).toThrow(RangeError));
});

describe('delay', () => {
  it('gives its value after a wait of any length', async () => {
    const done = vi.fn();
    void delay(FIVE_WEEKS_MS, 'morning').then(done);
    await vi.advanceTimersByTimeAsync(FIVE_WEEKS_MS - 1);
    expect(done).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toHaveBeenCalledWith('morning');
  });

  it('rejects as Node does when it is given up, and leaves no timer', async () => {
    const controller = new AbortController();
    const waiting = delay(FIVE_WEEKS_MS, undefined, { signal: controller.signal });
    controller.abort('enough');
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: 'enough' });
    await expect(delay(1, undefined, { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects for NaN', () => expect(delay(Number.NaN)).rejects.toThrow(RangeError));
});

describe('timeoutSignal', () => {
  it('aborts with a TimeoutError after more than a timer can wait', async () => {
    const signal = timeoutSignal(FIVE_WEEKS_MS);
    await vi.advanceTimersByTimeAsync(FIVE_WEEKS_MS - 1);
    expect(signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it.each([0, 0.1, 1.5])('takes %d ms, as a configuration may have them', async (ms) => {
    vi.useRealTimers();
    const signal = timeoutSignal(ms);
    await vi.waitUntil(() => signal.aborted, { interval: 1 });
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('never aborts after Infinity, and starts no timer for it', () => {
    expect(timeoutSignal(Number.POSITIVE_INFINITY).aborted).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('callDeadline', () => {
  it.each([
    [undefined, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    [1e15, undefined],
    [MAX_TIMER_MS, undefined],
    [24 * 86_400_000, 1_000 + 24 * 86_400_000],
    [5_000, 6_000],
    [0, 1_000],
    [-5, 1_000],
  ])('of a call that may take %s ms is %s', (timeoutMs, deadline) => expect(callDeadline(timeoutMs, 1_000)).toBe(deadline));
});

describe('checkDuration', () => {
  it.each([0, 0.5, 1e30, Number.POSITIVE_INFINITY])('lets %d through', (ms) => expect(checkDuration('timeoutMs', ms, 5)).toBe(ms));

  it('falls back when nothing was given', () => {
    expect(checkDuration('timeoutMs', undefined, 5)).toBe(5);
    expect(checkDuration('timeoutMs', undefined, undefined)).toBe(undefined);
  });

  it.each([Number.NaN, -1, Number.NEGATIVE_INFINITY, 5n, '5', null])('refuses %s by the name of the option', (given) => {
    expect(() => checkDuration('timeoutMs', given as number, 5)).toThrow(
      new RangeError(
        `timeoutMs must be a number of milliseconds from 0, or Infinity for no limit, not ${given}${typeof given === 'bigint' ? 'n' : ''}`,
      ),
    );
  });
});
