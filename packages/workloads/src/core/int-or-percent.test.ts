import { expect, it } from 'vitest';
import { scaledValue } from './int-or-percent.js';

it.each([
  [3, 10, true, 3],
  ['25%', 10, true, 3],
  ['25%', 10, false, 2],
  ['+5%', 10, true, 1],
  ['0%', 10, true, 0],
  ['200%', 3, false, 6],
] as const)('%s of %i, rounded up: %s, is %i', (value, total, roundUp, result) => {
  expect(scaledValue(value, total, roundUp)).toEqual({ ok: true, value: result });
});

it.each([
  [undefined, 'nil value for IntOrString'],
  ['10', 'invalid value for IntOrString: invalid type: string is not a percentage'],
  ['5.5%', 'invalid value for IntOrString: invalid value "5.5%": strconv.Atoi: parsing "5.5": invalid syntax'],
  [
    '99999999999999999999%',
    'invalid value for IntOrString: invalid value "99999999999999999999%": strconv.Atoi: parsing "99999999999999999999": value out of range',
  ],
])('refuses %s', (value, error) => {
  expect(scaledValue(value, 10, true)).toEqual({ ok: false, error });
});
