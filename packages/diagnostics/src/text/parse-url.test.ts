import { expect, it } from 'vitest';
import { parseUrl } from './parse-url.js';

it('answers the thousandth time as the first', () => {
  const texts = ['http://é/', 'http://[', 'https://ü.example:99999/', 'http://ÿ/'];
  const answers = (): readonly (string | undefined)[] => texts.map((text) => parseUrl(text)?.host);
  const wanted = ['xn--9ca', undefined, undefined, 'xn--wda'];
  expect(answers()).toEqual(wanted);
  const later = Array.from({ length: 20_000 }, answers).filter((found) => found.join() !== wanted.join());
  expect(later).toEqual([]);
});
