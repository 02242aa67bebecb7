import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const limitBytes = 120_000;

describe('the package in a browser', () => {
  it('needs nothing of Node and weighs under 120 kB, minified and gzipped', async () => {
    const { outputFiles, metafile } = await build({
      entryPoints: [fileURLToPath(new URL('../../../packages/pod-spec/src/index.ts', import.meta.url))],
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
    console.log(`browser bundle: ${outputFiles[0]!.contents.length} bytes minified, ${size} gzipped`);
    expect(size).toBeLessThan(limitBytes);
  });
});
