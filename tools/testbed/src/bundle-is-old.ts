import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const changedMs = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/**
 * Whether a package below `packages` has been built after the bundle that `bin.js` would run (`npx tsup` in a package, instead of `pnpm build`): what was built would
 * not be what runs. Then the modules are to run.
 */
export const bundleIsOld = (packages: string, bundle: string): boolean => {
  const bundledMs = changedMs(bundle);
  return readdirSync(packages).some((name) => changedMs(join(packages, name, 'dist/index.js')) > bundledMs);
};
