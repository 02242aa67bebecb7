import { asyncScheduler, debounceTime, NEVER, startWith, timer, VirtualTimeScheduler } from 'rxjs';
import { afterEach, expect, it, vi } from 'vitest';
import { MAX_TIMER_MS } from '../index.js';
import { longDelays } from './index.js';

const LONGEST_PERIOD_MS = 2_147_483_647_000;

afterEach(() => {
  vi.useRealTimers();
});

it('waits as long as it was asked to, by the real clock too', () => {
  vi.useFakeTimers();
  const seen = vi.fn();
  const subscription = timer(LONGEST_PERIOD_MS, longDelays(asyncScheduler)).subscribe(seen);
  vi.advanceTimersByTime(LONGEST_PERIOD_MS - 1);
  expect(seen).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(seen).toHaveBeenCalledTimes(1);
  expect(subscription.closed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

it('keeps a period of any length', () => {
  vi.useFakeTimers();
  const at: number[] = [];
  const startMs = Date.now();
  const subscription = timer(5, MAX_TIMER_MS + 100, longDelays(asyncScheduler)).subscribe(() => at.push(Date.now() - startMs));
  vi.advanceTimersByTime(2 * MAX_TIMER_MS + 300);
  expect(at).toEqual([5, 105 + MAX_TIMER_MS, 205 + 2 * MAX_TIMER_MS]);
  subscription.unsubscribe();
  expect(vi.getTimerCount()).toBe(0);
});

it('keeps a short period without drifting', () => {
  vi.useFakeTimers();
  const at: number[] = [];
  const startMs = Date.now();
  const subscription = timer(0, 10, longDelays(asyncScheduler)).subscribe(() => at.push(Date.now() - startMs));
  vi.advanceTimersByTime(40);
  subscription.unsubscribe();
  expect(at).toEqual([0, 10, 20, 30, 40]);
});

it('serves operators that are given it, in virtual time', () => {
  const scheduler = new VirtualTimeScheduler();
  const at: number[] = [];
  NEVER.pipe(startWith(1), debounceTime(LONGEST_PERIOD_MS, longDelays(scheduler))).subscribe(() => at.push(scheduler.now()));
  timer(7, 3 * MAX_TIMER_MS, longDelays(scheduler)).subscribe((n) => n < 2 && at.push(scheduler.now()));
  scheduler.maxFrames = LONGEST_PERIOD_MS;
  scheduler.flush();
  expect(at).toEqual([7, 7 + 3 * MAX_TIMER_MS, LONGEST_PERIOD_MS]);
});

it('never comes after Infinity', () => {
  vi.useFakeTimers();
  const seen = vi.fn();
  const subscription = timer(Number.POSITIVE_INFINITY, longDelays(asyncScheduler)).subscribe(seen);
  vi.advanceTimersByTime(4 * MAX_TIMER_MS);
  expect(seen).not.toHaveBeenCalled();
  subscription.unsubscribe();
  expect(vi.getTimerCount()).toBe(0);
});

it('is put around a scheduler once', () => {
  const long = longDelays(asyncScheduler);
  expect(longDelays(long)).toBe(long);
});
