import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownerId } from './owner-id.js';

let rootDirectory: string;
beforeEach(async () => {
  rootDirectory = await mkdtemp(join(tmpdir(), 'owner-id-'));
});
afterEach(() => rm(rootDirectory, { recursive: true, force: true }));
const id = (nodeName: string): Promise<string> => ownerId({ rootDirectory, nodeName, logger: silentLogger });

describe('owner label: ownerId', () => {
  it('is the name of the node at the first start, whatever the node is called later', async () => {
    expect(await id('edge-7.local')).toBe('edge-7.local');
    expect(await id('dhcp-192-0-2-9')).toBe('edge-7.local');
    expect(await readFile(join(rootDirectory, 'owner-id'), 'utf8')).toBe('edge-7.local\n');
  });

  it('is a label value', async () => expect(await id(`a b/${'x'.repeat(80)}`)).toMatch(/^a-b-x{59}$/));

  it.each(['', 'a b\n', '\n', `${'x'.repeat(64)}\n`])('sets a file that holds %j aside', async (text) => {
    await writeFile(join(rootDirectory, 'owner-id'), text);
    expect(await id('edge-7')).toBe('edge-7');
    expect(await readFile(join(rootDirectory, 'owner-id.broken'), 'utf8')).toBe(text);
  });
});
