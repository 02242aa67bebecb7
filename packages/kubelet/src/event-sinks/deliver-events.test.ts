import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { Subject, VirtualTimeScheduler } from 'rxjs';
import { expect, it } from 'vitest';
import { type DeliverEventsOptions, deliverEvents } from './deliver-events.js';
import { RefusedBySink, RetryLater } from './sink-port.js';

/** A sink whose answers are given one by one, in virtual time. */
const setUp = (options: Partial<DeliverEventsOptions> = {}) => {
  const scheduler = new VirtualTimeScheduler();
  const event$ = new Subject<string>();
  const asked: {
    readonly atMs: number;
    readonly events: readonly string[];
    readonly settle: (error?: Error, unwanted?: number) => void;
  }[] = [];
  const counts = { delivered: 0, full: 0, refused: 0, failed: 0, waiting: 0 };
  const said: string[] = [];
  const note = (fields: object, message: string) => said.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { ...silentLogger, warn: note, info: note };
  let closed = 0;
  const subscription = deliverEvents({
    event$,
    name: 'https://a/',
    port: {
      deliver: (events, { refused }) =>
        new Promise((resolve, reject) =>
          asked.push({
            atMs: scheduler.now(),
            events,
            settle: (error, unwanted = 0) => {
              if (unwanted > 0) refused?.(unwanted, 'too old');
              if (error === undefined) resolve();
              else reject(error);
            },
          }),
        ),
      close: () => {
        closed += 1;
      },
    },
    counts: {
      delivered: (count) => {
        counts.delivered += count;
      },
      dropped: (count, why) => {
        counts[why] += count;
      },
      failed: () => {
        counts.failed += 1;
      },
      waiting: (count) => {
        counts.waiting = count;
      },
    },
    logger,
    scheduler,
    random: () => 0.5,
    ...options,
  }).subscribe();
  const run = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) {
      scheduler.flush();
      await Promise.resolve();
    }
  };
  return { event$, asked, counts, said, run, stop: () => subscription.unsubscribe(), closed: () => closed };
};

it('hands over what comes within a second at once, and what comes meanwhile afterwards, in order', async () => {
  const { event$, asked, counts, run, stop, closed } = setUp();
  event$.next('1');
  event$.next('2');
  await run();
  expect(asked).toMatchObject([{ atMs: 1_000, events: ['1', '2'] }]);
  event$.next('3');
  await run();
  expect(asked).toHaveLength(1);
  asked[0]?.settle();
  await run();
  expect(asked[1]?.events).toEqual(['3']);
  expect(counts).toMatchObject({ delivered: 2, waiting: 1 });
  stop();
  expect(closed()).toBe(1);
});

it('tries again with back-off, tells of it once, and goes on where it was', async () => {
  const { event$, asked, counts, said, run, stop } = setUp();
  event$.next('1');
  for (let at = 0; at < 4; at += 1) {
    await run();
    asked[at]?.settle(new Error('no way'));
  }
  await run();
  expect(asked.map(({ atMs }) => atMs)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
  expect(asked.every(({ events }) => events.join() === '1')).toBe(true);
  asked[4]?.settle();
  await run();
  expect(counts).toEqual({ delivered: 1, full: 0, refused: 0, failed: 4, waiting: 0 });
  expect(said).toEqual([
    'Events cannot be delivered to an event sink; trying again {"sink":"https://a/","err":"no way"}',
    'An event sink takes events again {"sink":"https://a/","dropped":0}',
  ]);
  stop();
});

it('gives up what the sink does not want, and goes on with what follows', async () => {
  const { event$, asked, counts, run, stop } = setUp({ maxBatch: 1 });
  event$.next('bad');
  event$.next('good');
  await run();
  asked[0]?.settle(new RefusedBySink('it answered 400'));
  await run();
  asked[1]?.settle();
  await run();
  expect(asked.map(({ events }) => events[0])).toEqual(['bad', 'good']);
  expect(counts).toMatchObject({ delivered: 1, refused: 1, waiting: 0 });
  stop();
});

it('holds a bounded number, drops the oldest that nobody is being given, and counts them', async () => {
  const { event$, asked, counts, said, run, stop } = setUp({ maxWaiting: 4, maxBatch: 2 });
  event$.next('1');
  event$.next('2');
  await run();
  for (let each = 3; each <= 1_000; each += 1) event$.next(String(each));
  expect(counts).toMatchObject({ waiting: 4, full: 996 });
  asked[0]?.settle();
  await run();
  expect(asked[1]?.events).toEqual(['999', '1000']);
  expect(said.filter((text) => text.includes('are dropped'))).toHaveLength(1);
  expect(said.at(-1)).toContain('"dropped":996');
  stop();
});

it('holds a bounded number of bytes', async () => {
  const { event$, counts, stop } = setUp({ maxWaitingBytes: 1_000 });
  for (let each = 0; each < 100; each += 1) event$.next('x'.repeat(300));
  expect(counts).toMatchObject({ waiting: 3, full: 97 });
  stop();
});

it('waits as long as a sink asks for, and counts what it took and does not want', async () => {
  const { event$, asked, counts, said, run, stop } = setUp();
  for (const each of ['1', '2', '3']) event$.next(each);
  await run();
  asked[0]?.settle(new RetryLater('it answered 429', 120_000));
  await run();
  expect(asked.map(({ atMs }) => atMs)).toEqual([1_000, 121_000]);
  asked[1]?.settle(undefined, 2);
  await run();
  expect(counts).toMatchObject({ delivered: 1, refused: 2, failed: 1, waiting: 0 });
  expect(said).toContainEqual(
    expect.stringContaining('An event sink does not want some events: they are dropped {"sink":"https://a/","count":2,"err":"too old"}'),
  );
  stop();
});
