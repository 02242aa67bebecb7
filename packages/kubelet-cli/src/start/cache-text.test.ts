import { expect, it } from 'vitest';
import { sealed, unsealed } from './cache-text.js';

const compiled = Buffer.from('what V8 compiled');

it('gives back what was put in', () => {
  expect(unsealed(sealed(compiled))).toEqual(compiled);
});

it('gives nothing of what was cut off at any byte, changed at any byte, or made longer', () => {
  const whole = sealed(compiled);
  for (let at = 0; at < whole.length; at += 1) {
    expect(unsealed(whole.subarray(0, at))).toBeUndefined();
    const changed = Buffer.from(whole);
    changed[at]! ^= 1;
    expect(unsealed(changed)).toBeUndefined();
  }
  expect(unsealed(Buffer.concat([whole, Buffer.alloc(1)]))).toBeUndefined();
});
