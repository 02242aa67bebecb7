import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const source = join(import.meta.dirname, '..');

/** Where bytes and texts go out as they are: the helpers themselves, what a container or a program of the user's writes, and a line that is plain already. */
const RAW = ['cli-io.ts', 'cni/exec-in-network.ts', 'bin.ts', 'start/run-bundled.ts'];

it('every text goes out through print and write, which let nothing steer the terminal', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  const plain = files.filter((name) => /\bstd(?:out|err)\.write\(/.test(readFileSync(join(source, name), 'utf8')));
  expect(plain.filter((name) => !RAW.includes(name))).toEqual([]);
});
