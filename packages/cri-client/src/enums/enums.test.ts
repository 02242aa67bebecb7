import * as types from '@solo-kubelet/cri-types';
import { expect, it } from 'vitest';
import * as all from '../index.js';
import * as enums from './index.js';

it('has the constants of the whole package, from one that loads nothing else', () => {
  expect(Object.keys(enums).length).toBeGreaterThan(10);
  expect(all).toMatchObject(enums);
  expect(enums).toEqual(types);
});
