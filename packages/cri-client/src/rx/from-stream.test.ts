import { firstValueFrom, lastValueFrom, take, toArray } from 'rxjs';
import { expect, it } from 'vitest';
import { containerStateChanges } from '../container-state-changes.js';
import { createCriClient } from '../create-cri-client.js';
import { createFakeCri } from '../testing/index.js';
import { fromStream } from './from-stream.js';

const numbers = async function* (): AsyncGenerator<number> {
  yield* [1, 2, 3];
};

it('gives what the iterable gives, to each subscriber anew', async () => {
  const numbers$ = fromStream(numbers);
  expect(await lastValueFrom(numbers$.pipe(toArray()))).toEqual([1, 2, 3]);
  expect(await lastValueFrom(numbers$.pipe(toArray()))).toEqual([1, 2, 3]);
});

it('aborts a stream that waits when nobody wants it any more, and not one that has ended', async () => {
  const signals: AbortSignal[] = [];
  const waiting$ = fromStream(async function* (signal) {
    signals.push(signal);
    yield 1;
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  });
  expect(await lastValueFrom(waiting$.pipe(take(1)))).toBe(1);
  const ended$ = fromStream((signal) => {
    signals.push(signal);
    return numbers();
  });
  await lastValueFrom(ended$);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
});

it('passes a failure on', async () => {
  const failing$ = fromStream(() => ({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('gone')) }),
  }));
  await expect(firstValueFrom(failing$)).rejects.toThrow('gone');
});

it('streams the changes of a runtime', async () => {
  await using fake = await createFakeCri();
  await using cri = createCriClient({ endpoint: fake.endpoint });
  expect(await firstValueFrom(fromStream((signal) => cri.changes({ signal })))).toMatchObject({ type: 'resync' });
});

it('streams what became of containers', async () => {
  await using fake = await createFakeCri({ images: [{ tags: ['busybox:1'] }] });
  await using cri = createCriClient({ endpoint: fake.endpoint });
  const { podSandboxId } = await cri.runtime.runPodSandbox({ config: { metadata: { name: 'web', namespace: 'default', uid: 'u1' } } });
  await cri.runtime.createContainer({ podSandboxId, config: { metadata: { name: 'app' }, image: { image: 'busybox:1' } } });
  expect(await firstValueFrom(fromStream((signal) => containerStateChanges(cri, { signal })))).toMatchObject({ type: 'created' });
});
