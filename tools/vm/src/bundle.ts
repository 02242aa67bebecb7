import { copyFile, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildImages } from '@solo-kubelet-tools/images';
import { cacheDirectory } from '@solo-kubelet-tools/testbed';
import { build } from 'esbuild';

const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** Puts the command line, in one file that needs Node alone, and the archives of the test images into a directory. */
export const bundleProduct = async (directory: string): Promise<void> => {
  await mkdir(join(directory, 'dist'), { recursive: true });
  await build({
    entryPoints: [join(REPOSITORY, 'packages/kubelet-cli/src/bin.ts')],
    outfile: join(directory, 'dist/bin.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@solo-kubelet/source'],
    logLevel: 'error',
    // Its dependencies of the older kind ask for this.
    banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
  });
  // Its version, and that it is a module.
  await copyFile(join(REPOSITORY, 'packages/kubelet-cli/package.json'), join(directory, 'package.json'));
  await copyImages(directory);
};

/** Puts the archives of the test images into `images` of a directory. */
export const copyImages = async (directory: string): Promise<void> => {
  await mkdir(join(directory, 'images'), { recursive: true });
  for (const archive of await buildImages({ directory: join(cacheDirectory(), 'images') })) {
    await copyFile(archive, join(directory, 'images', basename(archive)));
  }
};
