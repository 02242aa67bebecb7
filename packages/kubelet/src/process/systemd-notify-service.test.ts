import { TestScheduler } from 'rxjs/testing';
import { expect, it } from 'vitest';
import type { KubeletContext } from '../kubelet-services.js';
import { systemdNotifyService } from './systemd-notify-service.js';

const told = (environment: { NOTIFY_SOCKET?: string; WATCHDOG_USEC?: string }, looks: string, duration: string): readonly string[] => {
  const said: string[] = [];
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(({ hot, expectObservable }) => {
    const activity$ = hot(looks, { r: { type: 'relisted', atMs: Date.now() } });
    const context = { reconciler: { activity$ }, config: { syncFrequency: 60_000 }, startedAtMs: Date.now() } as unknown as KubeletContext;
    expectObservable(
      systemdNotifyService(
        environment,
        () =>
          (...states) =>
            said.push(states.join(' ')),
      )(context),
      duration,
    ).toBe('');
  });
  return said;
};

it('says nothing when systemd did not ask', () => {
  expect(told({}, 'r-r', '1s !')).toEqual([]);
});

it('is ready at the first look at the runtime, not before', () => {
  expect(told({ NOTIFY_SOCKET: '/run/x' }, '---', '1s !')).toEqual([]);
  expect(told({ NOTIFY_SOCKET: '/run/x' }, 'r-r', '1s !')).toEqual(['--ready --status=Running pods']);
});

it('feeds the watchdog twice per period', () => {
  expect(told({ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '2000000' }, 'r', '2500ms !')).toEqual([
    '--ready --status=Running pods',
    'WATCHDOG=1',
    'WATCHDOG=1',
    'WATCHDOG=1',
  ]);
});
