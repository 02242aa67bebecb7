import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CniError } from './cni-error.js';

/** The first regular file of that name in the directories, in order; undefined when there is none. */
export const lookUpPlugin = async (type: string, pluginDirs: readonly string[]): Promise<string | undefined> => {
  for (const dir of pluginDirs) {
    const path = join(dir, type);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return path;
  }
  return undefined;
};

/** As `lookUpPlugin`; throws CNI_PLUGIN_NOT_FOUND instead. */
export const findPlugin = async (type: string, pluginDirs: readonly string[]): Promise<string> => {
  const path = await lookUpPlugin(type, pluginDirs);
  if (path !== undefined) return path;
  throw new CniError({
    code: 'CNI_PLUGIN_NOT_FOUND',
    message: `CNI plugin ${JSON.stringify(type)} is in none of: ${pluginDirs.join(', ') || 'no directory given'}`,
    hint: 'Install it there (Debian: package containernetworking-plugins), or name the directory that has it.',
  });
};
