import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readQuantity } from './parse-quantity.js';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  quantityMilliValue,
  quantitySign,
  quantityValue,
  roundQuantityToMilli,
  subQuantities,
} from './quantity.js';

const digits = fc.stringMatching(/^[0-9]{1,24}$/);
const suffix = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'P', 'E', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'e3', 'E-5', 'e12');
const quantity = fc
  .tuple(fc.constantFrom('', '-', '+'), digits, fc.option(digits, { nil: undefined }), suffix)
  .map(([sign, whole, fraction, unit]) => `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${unit}`);

describe('formatQuantity', () => {
  it.each([
    ['1.5', '1500m'],
    ['1024Mi', '1Gi'],
    ['1000m', '1'],
    ['0.1Mi', '104857600m'],
    ['1e3', '1e3'],
    ['5.n', '5.n'],
    ['.', '0'],
    ['1500Ei', '9223372036854775807'],
    ['1000E', '1'],
  ])('prints %s as %s', (text, canonical) => expect(formatQuantity(text)).toBe(canonical));

  it('is stable: the printed form prints as itself', () => {
    fc.assert(fc.property(quantity, (text) => formatQuantity(formatQuantity(text)) === formatQuantity(text)));
  });
});

describe('readQuantity', () => {
  it.each(['', ' 1', '1 ', '1p', '1.5e3Ki', '1EE', '- 1', 'x', '1e99999999999999999999', '.Ei'])('refuses %j', (text) => {
    expect(typeof readQuantity(text)).toBe('string');
  });

  it('rounds what is too small up to a billionth', () => expect(formatQuantity('0.1n')).toBe('1n'));
});

describe('arithmetic', () => {
  it('adds and takes away again exactly', () => {
    const small = quantity.filter((text) => !text.includes('i'));
    fc.assert(fc.property(small, small, (a, b) => compareQuantities(subQuantities(addQuantities(a, b), b), a) === 0));
  });

  it('compares like the difference', () => {
    fc.assert(fc.property(quantity, quantity, (a, b) => compareQuantities(a, b) === quantitySign(subQuantities(a, b))));
  });

  it('prints a sum like its first part', () => {
    expect(formatQuantity(addQuantities('1Ki', '1024'))).toBe('2Ki');
    expect(formatQuantity(addQuantities('0', '1Ki'))).toBe('1Ki');
  });
});

describe('whole values', () => {
  it('round away from zero', () => {
    expect(quantityValue('1m')).toBe(1n);
    expect(quantityValue('-1.5')).toBe(-2n);
    expect(quantityMilliValue('1u')).toBe(1n);
    expect(formatQuantity(roundQuantityToMilli('1u'))).toBe('1m');
  });
});
