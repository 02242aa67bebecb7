import { defineConfig, type Options } from 'tsup';

/**
 * The build every package shares: ESM for Node 20.19 and source maps, dependencies left outside. Declarations come from build-types.mjs, for all
 * packages in one pass: a compiler for each entry point took eight times as long.
 * @param own what one package adds, such as constants of another that are taken in
 */
export const packageConfig = (entries: readonly string[], own: Pick<Options, 'noExternal'> = {}) =>
  defineConfig({
    ...own,
    entry: Object.fromEntries(entries.map((path) => [path.replace(/^src\//, '').replace(/\.ts$/, ''), path])),
    format: ['esm'],
    target: 'node20',
    sourcemap: true,
    // Only a whole build starts from nothing: `npx tsup` beside a running kubelet must not pull its files away.
    clean: process.env['npm_lifecycle_event'] === 'build',
    splitting: true,
    treeshake: true,
  });
