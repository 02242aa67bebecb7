import { once } from 'node:events';
import { expect, it } from 'vitest';
import { beginningOf } from './beginning-of.js';

it('keeps the beginning of what a container says without end, and no more', async () => {
  const { stream, text } = beginningOf(4_096);
  stream.write('tar: no such file\n');
  const chunk = Buffer.alloc(1 << 20, 'x');
  for (let index = 0; index < 64; index++) if (!stream.write(chunk)) await once(stream, 'drain');
  expect(text()).toBe(`tar: no such file\n${'x'.repeat(4_096 - 18)}`);
  expect(stream.writableLength).toBe(0);
});
