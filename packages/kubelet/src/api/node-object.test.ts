import { expect, it } from 'vitest';
import { shownVersion } from './node-object.js';

it.each([
  ['1.6.20~ds1', '1.6.20'],
  ['v1.7.3', '1.7.3'],
  ['2.1.0-rc.1+build.5', '2.1.0-rc.1+build.5'],
  ['1.33', '1.33'],
  ['unknown', 'unknown'],
])('shows the runtime version %s as %s', (told, shown) => expect(shownVersion(told)).toBe(shown));
