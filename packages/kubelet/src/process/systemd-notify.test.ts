import { expect, it } from 'vitest';
import { waitingNotice } from './systemd-notify.js';

const said = (environment: { readonly WATCHDOG_USEC?: string }, times: readonly number[]): readonly string[] => {
  const told: string[] = [];
  const notice = waitingNotice(environment, { notify: (...states) => told.push(states.join(' ')), what: 'the runtime' });
  for (const atMs of times) {
    told.push(`${atMs}:`);
    notice(atMs);
  }
  return told;
};

it('is ready at the first silence of the runtime', () => {
  expect(said({}, [0, 1_000])).toEqual(['0:', '--ready --status=Waiting for the runtime', '1000:']);
});

it('shows that it lives twice in what the watchdog allows, however often it tries', () => {
  const times = [0, 5_000, 10_000, 15_000, 22_000];
  expect(said({ WATCHDOG_USEC: '20000000' }, times)).toEqual([
    '0:',
    '--ready --status=Waiting for the runtime',
    'WATCHDOG=1',
    '5000:',
    '10000:',
    'WATCHDOG=1',
    '15000:',
    '22000:',
    'WATCHDOG=1',
  ]);
});
