import { expect, it, vi } from 'vitest';
import { networkEvents } from './network-health.js';

it('warns about the node when its network is lost and when the cause changes, and only then', async () => {
  vi.useFakeTimers({ now: 0 });
  const answers = ['no file', 'no file', undefined, 'no file', new Error('runtime down'), 'no plugin'];
  const fault = async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const events: string[] = [];
  const subscription = networkEvents({ nodeName: 'n1', fault }).subscribe(({ reason, message, involvedObject, lastTimestamp }) =>
    events.push(`${lastTimestamp} ${involvedObject.kind} ${involvedObject.name} ${reason} ${message}`),
  );
  await vi.advanceTimersByTimeAsync(55_000);
  subscription.unsubscribe();
  vi.useRealTimers();
  expect(answers).toEqual([]);
  expect(events).toEqual([
    '1970-01-01T00:00:00Z Node n1 NetworkNotReady network is not ready: no file',
    '1970-01-01T00:00:30Z Node n1 NetworkNotReady network is not ready: no file',
    '1970-01-01T00:00:50Z Node n1 NetworkNotReady network is not ready: no plugin',
  ]);
});
