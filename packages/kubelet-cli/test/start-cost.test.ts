import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), '../src');
const STATIC_IMPORT = /^(?:import|export)(?! type)(?:[^;]*? from)? '([^']+)';/gm;

/** The packages that a file loads at once, itself and through its own imports. */
const packagesLoadedBy = (file: string, seen = new Set<string>()): readonly string[] => {
  if (seen.has(file)) return [];
  seen.add(file);
  const names = Array.from(readFileSync(join(SOURCES, file), 'utf8').matchAll(STATIC_IMPORT), ([, name]) => name!);
  return names.flatMap((name) =>
    name.startsWith('.') ? packagesLoadedBy(join(dirname(file), name.replace(/\.js$/, '.ts')), seen) : [name],
  );
};

it.each([
  ['bin.ts', ['@solo-kubelet/kubelet/defaults']],
  ['run-program.ts', ['@solo-kubelet/kubelet/defaults']],
  ['client/connect.ts', ['@solo-kubelet/kubelet/defaults']],
  ['commands/get.ts', ['get-east-asian-width']],
  ['commands/logs.ts', ['@solo-kubelet/object-spec/kinds', '@solo-kubelet/selectors', '@solo-kubelet/timers', 'picocolors']],
])('%s loads no more at the start than it needs', (file, needed) => {
  const loaded = new Set(
    packagesLoadedBy(file).filter((name) => !name.startsWith('node:') && !name.startsWith('@solo-kubelet/diagnostics')),
  );
  expect([...loaded].sort()).toEqual(needed);
});
