import { defineConfig } from 'tsup';

/**
 * The build every package shares: ESM for Node 20.19 and source maps, dependencies left outside. Declarations come from build-types.mjs, for all
 * packages in one pass: a compiler for each entry point took eight times as long.
 */
export const packageConfig = (entries: readonly string[]) =>
  defineConfig({
    entry: Object.fromEntries(entries.map((path) => [path.replace(/^src\//, '').replace(/\.ts$/, ''), path])),
    format: ['esm'],
    target: 'node20',
    // Constants, which every command needs, in four files of the kubelet's.
    noExternal: [/^@solo-kubelet\/kubelet\/defaults$/],
    sourcemap: true,
    // Only a whole build starts from nothing: `npx tsup` beside a running kubelet must not pull its files away.
    clean: process.env['npm_lifecycle_event'] === 'build',
    splitting: true,
    treeshake: true,
  });
