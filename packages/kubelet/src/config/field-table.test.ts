import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { configurationDocument } from './field-table.js';

const path = fileURLToPath(new URL('../../../../docs/kubelet-configuration.md', import.meta.url));

it('docs/kubelet-configuration.md says what the tables say (UPDATE_DOCS=1 writes it)', async () => {
  if (process.env['UPDATE_DOCS'] === '1') await writeFile(path, configurationDocument());
  expect(await readFile(path, 'utf8')).toBe(configurationDocument());
});
