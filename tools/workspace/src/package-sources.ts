import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const packagesDirectory = fileURLToPath(new URL('../../../packages', import.meta.url));

/**
 * Every source of every package but tests and generated ones: `kubelet/src/kubelet.ts`. Only `src` is walked: readdir goes into links, and those of
 * `node_modules` lead back to all packages.
 */
export const packageSources = (): readonly string[] =>
  readdirSync(packagesDirectory)
    .filter((name) => existsSync(join(packagesDirectory, name, 'src')))
    .flatMap((name) =>
      readdirSync(join(packagesDirectory, name, 'src'), { recursive: true, encoding: 'utf8' }).map((path) => `${name}/src/${path}`),
    )
    .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|\/gen\//.test(path));
