import { expect, it } from 'vitest';
import { logLines } from './log-lines.js';

/** On a busy machine, too. */
const SOON = { timeout: 15_000, interval: 10 };

async function* of(...chunks: readonly string[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}
const never = (): Promise<never> => new Promise(() => {});

it('puts lines together however they are cut', async () => {
  const lines: string[] = [];
  for await (const some of logLines(of('a\nb', 'b', 'b\nc\n', 'é'.slice(0, 1), '\nend'), never)) lines.push(...some.map(String));
  expect(lines).toEqual(['a\n', 'bbb\n', 'c\n', 'é\n', 'end\n']);
});

it('shows the beginning of a line whose rest does not come in time', async () => {
  let rest: ((text: string) => void) | undefined;
  let grow = (): void => {};
  const old: (() => void)[] = [];
  async function* chunks(): AsyncGenerator<Buffer> {
    yield Buffer.from('10 %');
    await new Promise<void>((resolve) => {
      grow = resolve;
    });
    yield Buffer.from(' 20 %');
    yield Buffer.from(
      await new Promise<string>((resolve) => {
        rest = resolve;
      }),
    );
  }
  const reading = logLines(chunks(), () => new Promise<void>((resolve) => void old.push(resolve)));
  const first = reading.next();
  await expect.poll(() => old.length, SOON).toBe(1);
  grow();
  await expect.poll(() => rest, SOON).toBeDefined();
  // The time counts from the beginning of the line: one that never ends is shown all the same.
  expect(old).toHaveLength(1);
  old[0]!();
  expect(String((await first).value)).toBe('10 % 20 %\n');
  const second = reading.next();
  rest!(' done\n');
  expect(String((await second).value)).toBe(' done\n');
  expect((await reading.next()).done).toBe(true);
});

it('hands on why a log cannot be read', async () => {
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.from('half');
    throw new Error('gone');
  }
  await expect(
    (async () => {
      for await (const _ of logLines(broken(), never)) expect.fail('nothing was whole');
    })(),
  ).rejects.toThrow('gone');
});
