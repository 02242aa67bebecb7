import { defineConfig } from 'tsup';

/** The build every package shares: ESM for Node 20.19, types and source maps, dependencies left outside. */
export const packageConfig = (entries: readonly string[]) =>
  defineConfig({
    entry: Object.fromEntries(entries.map((path) => [path.replace(/^src\//, '').replace(/\.ts$/, ''), path])),
    format: ['esm'],
    target: 'node20',
    dts: true,
    sourcemap: true,
    // Only a whole build starts from nothing: `npx tsup` beside a running kubelet must not pull its files away.
    clean: process.env['npm_lifecycle_event'] === 'build',
    splitting: true,
    treeshake: true,
  });
