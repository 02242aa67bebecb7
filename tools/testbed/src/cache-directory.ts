import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where downloads and built images are kept between runs, outside the repository. `SOLO_KUBELET_CACHE` overrides it. */
export const cacheDirectory = (): string =>
  process.env['SOLO_KUBELET_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'solo-kubelet');
