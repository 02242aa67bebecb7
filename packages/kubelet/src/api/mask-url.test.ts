import { expect, it } from 'vitest';
import { maskUrl } from './mask-url.js';

it.each([
  ['', ''],
  ['https://example.org/pods.yaml', 'https://example.org/pods.yaml'],
  ['https://user:hunter2@example.org:8443/p', 'https://user:<masked>@example.org:8443/p'],
  ['https://user@example.org/p', 'https://user@example.org/p'],
  ['https://example.org/p?token=hunter2&x=1#hunter2', 'https://example.org/p?token=<masked>&x=<masked>'],
  ['https://:hunter2@example.org/', 'https://example.org/'],
  ['not a url hunter2', '<masked>'],
])('%s', (text, expected) => {
  expect(maskUrl(text)).toBe(expected);
  expect(maskUrl(text)).not.toContain('hunter2');
});
