import { expect, it } from 'vitest';
import { hasControls } from './has-controls.js';

it.each(['\0', 'a\tb', 'a\nb', '\r', '\x1b[2J', '\x1f', '\x7f'])('finds the control character in %j', (text) =>
  expect(hasControls(text)).toBe(true),
);

it.each(['', ' ', 'käse', '日本', '\x80', '~!', '\ufffd'])('finds none in %j', (text) => expect(hasControls(text)).toBe(false));
