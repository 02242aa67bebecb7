import { expect, it } from 'vitest';
import { displayWidth } from './display-width.js';

it.each([
  ['', 0],
  ['web-node1', 9],
  ['café', 4],
  ['cafe\u0301', 4],
  ['摄像', 4],
  ['ｆｕｌｌ', 8],
  ['한글', 4],
  ['🚀 up', 5],
  ['👩‍💻', 2],
  ['🇩🇪', 2],
  ['a\u200bb', 2],
  ['a\u0007b', 2],
])('%j takes %i columns', (text, columns) => {
  expect(displayWidth(text)).toBe(columns);
});
