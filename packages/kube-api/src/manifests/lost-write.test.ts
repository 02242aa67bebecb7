import { expect, it } from 'vitest';
import { lostWrite } from './lost-write.js';

const app = (image: string, more: object = {}) => ({ name: 'app', image, ...more });

it('finds the field that two changed to different things, and no other', () => {
  expect(lostWrite({ a: '1', b: '2' }, { a: '3', b: '2' }, { a: '4', b: '2' })).toBe('a');
  expect(lostWrite({ a: '1', b: '2' }, { a: '3', b: '2' }, { a: '1', b: '4' })).toBeUndefined();
  expect(lostWrite({ a: '1' }, { a: '3' }, { a: '3' })).toBeUndefined();
});

it('takes what a file leaves out for a default, and finds what both have added', () => {
  expect(lostWrite({ replicas: 1 }, { replicas: 2 }, {})).toBeUndefined();
  expect(lostWrite({}, { labels: { a: 'b' } }, { labels: { a: 'c' } })).toBe('labels.a');
  expect(lostWrite({}, { labels: { a: 'b' } }, { labels: { d: 'e' } })).toBeUndefined();
});

it('looks into lists by what tells their items apart', () => {
  expect(lostWrite({ list: [app('1')] }, { list: [app('2')] }, { list: [app('1', { tty: true })] })).toBeUndefined();
  expect(lostWrite({ list: [app('1')] }, { list: [app('2')] }, { list: [app('3')] })).toBe('list[name=app].image');
  expect(lostWrite({ list: [app('1')] }, { list: [app('2')] }, { list: [app('1'), { name: 'more' }] })).toBe('list[name=more]');
  expect(lostWrite({ args: ['a'] }, { args: ['b'] }, { args: ['c'] })).toBe('args');
});
