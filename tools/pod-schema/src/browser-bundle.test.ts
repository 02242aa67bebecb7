import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

describe('packages in a browser', () => {
  it.each([
    ['pod-spec', 120_000],
    ['object-spec', 170_000],
  ])('%s needs nothing of Node and weighs under %i bytes, minified and gzipped', async (name, limitBytes) => {
    const { outputFiles, metafile } = await build({
      entryPoints: [fileURLToPath(new URL(`../../../packages/${name}/src/index.ts`, import.meta.url))],
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'browser',
      conditions: ['@solo-kubelet/source'],
    });
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports.map(({ path }) => path));
    expect(imports.filter((path) => path.startsWith('node:'))).toEqual([]);
    expect(imports.filter((path) => path.includes('gen/descriptions'))).toEqual([]);
    const size = gzipSync(outputFiles[0]!.contents).length;
    console.log(`browser bundle of ${name}: ${outputFiles[0]!.contents.length} bytes minified, ${size} gzipped`);
    expect(size).toBeLessThan(limitBytes);
  });
});
