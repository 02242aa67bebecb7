import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Probe plugins that are named as packages are installed beside the command line. */
export const PLUGINS_FROM = dirname(fileURLToPath(import.meta.url));
