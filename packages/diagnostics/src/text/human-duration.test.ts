import { expect, it } from 'vitest';
import { humanDuration } from './human-duration.js';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

it.each([
  [-2, '<invalid>'],
  [-1.9, '0s'],
  [-1, '0s'],
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [121, '2m1s'],
  [10 * MINUTE - 1, '9m59s'],
  [10 * MINUTE, '10m'],
  [3 * HOUR - 1, '179m'],
  [3 * HOUR, '3h'],
  [3 * HOUR + 20 * MINUTE, '3h20m'],
  [8 * HOUR, '8h'],
  [48 * HOUR - 1, '47h'],
  [48 * HOUR, '2d'],
  [8 * DAY - 1, '7d23h'],
  [8 * DAY, '8d'],
  [730 * DAY - 1, '729d'],
  [730 * DAY, '2y'],
  [800 * DAY, '2y70d'],
  [8 * 365 * DAY, '8y'],
  [1e12, '292y'],
])('%f seconds are %s', (seconds, text) => expect(humanDuration(seconds * 1000)).toBe(text));
