import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedDataVersionTag } from 'node:v8';
import { constants, Script } from 'node:vm';
import { setProcessFlags } from '@solo-kubelet/kubelet/defaults';
import { cacheName } from './cache-name.js';
import { cachePlace } from './cache-place.js';
import { type CodeCache, codeCache } from './code-cache.js';
import { HASH_LINE_LENGTH, hashOf } from './program-hash.js';
import { PROGRAMS, type Start, whichStart } from './which-program.js';

/**
 * Runs the bundled program for this command line, with what V8 compiled of it when it ran before; what it compiles now is kept for the next time where there was
 * nothing. False where there is no bundle, or the modules themselves are asked for: then nothing has been done.
 */
export const runBundled = (url: string): boolean => {
  const { argv, execArgv, env } = process;
  const nodeArguments = [...execArgv, ...(env['NODE_OPTIONS'] ?? '').split(/\s+/)];
  const start = whichStart({ programName: basename(argv[1] ?? ''), argv: argv.slice(2), nodeArguments, env });
  const path = start && join(dirname(fileURLToPath(url)), PROGRAMS[start.program]);
  const source = path && readProgram(path);
  if (start === undefined || path === undefined || source === undefined) return false;
  // As the kubelet sets them itself: what is compiled under other flags is refused.
  if (start.isDaemon) setProcessFlags();
  const tag = cachedDataVersionTag();
  const cache = cacheOf(start, path, source, tag);
  const cachedData = cache?.read();
  const script = new Script(source, {
    filename: path,
    ...(cachedData && { cachedData }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const isTaken = cachedData !== undefined && script.cachedDataRejected !== true;
  if (cachedData !== undefined) debug(isTaken ? 'code cache: taken' : 'no code cache: refused by V8');
  if (cache !== undefined && !isTaken) keepCompiled(script, cache, start, tag);
  const program = script.runInThisContext() as (...given: readonly unknown[]) => void;
  program({}, createRequire(path), { exports: {} }, path, dirname(path));
  return true;
};

const readProgram = (path: string): string | undefined => {
  try {
    // Its characters are all in ASCII, which is half the memory.
    const text = readFileSync(path, 'latin1');
    return hashOf(text) === undefined ? undefined : text;
  } catch {
    return undefined;
  }
};

const cacheOf = ({ command }: Start, path: string, source: string, v8: number): CodeCache | undefined => {
  const uid = process.geteuid?.();
  const directory = uid === undefined ? undefined : cachePlace({ uid, env: process.env, home: homedir() });
  if (uid === undefined || directory === undefined) return undefined;
  const { dev, ino, size, ctimeMs } = statSync(path);
  const name = cacheName({
    command,
    program: hashOf(source.slice(0, HASH_LINE_LENGTH)) ?? '',
    file: [dev, ino, size, ctimeMs].join(' '),
    node: process.version,
    arch: process.arch,
    v8,
  });
  return codeCache(directory, name, uid, (why) => debug(`no code cache: ${why}`));
};

/** A kubelet's is kept once it runs and is at rest, another command's when it has ended well. */
const keepCompiled = (script: Script, cache: CodeCache, { isDaemon }: Start, tag: number): void => {
  const keep = (): void => {
    // Flags that were set since would have it refused.
    if (cachedDataVersionTag() === tag) cache.write(() => script.createCachedData());
    else debug('no code cache: flags of V8 have changed');
  };
  if (isDaemon) void import('./write-when-calm.js').then(({ whenCalm }) => whenCalm(keep));
  else process.once('exit', (status) => status === 0 && keep());
};

/** Paths in it may be from the environment. What `print` needs is not loaded for this: of what is not in ASCII there is a question mark. */
const debug = (line: string): void => {
  if (process.env['SOLO_KUBELET_CODE_CACHE'] === 'debug') process.stderr.write(`${line.replaceAll(/[^ -~]/g, '?')}\n`);
};
