import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CniCommand } from '../src/exec-plugin.js';
import type { JsonObject } from '../src/json.js';

/** A call that a fake plugin saw. */
export interface SeenCall {
  readonly type: string;
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly request: JsonObject;
}

/** Plugins written as shell scripts in a directory of their own, which note every call. */
export interface FakePlugins extends AsyncDisposable {
  readonly pluginDir: string;
  readonly confDir: string;
  readonly cacheDir: string;
  readonly root: string;
  /** Writes a plugin; each command's text is shell that prints the reply. `$STDIN` holds what was read. Commands left out succeed silently. */
  plugin(type: string, commands: Partial<Record<CniCommand, string>>): Promise<string>;
  calls(): Promise<readonly SeenCall[]>;
}

export const createFakePlugins = async (): Promise<FakePlugins> => {
  const root = await mkdtemp(join(tmpdir(), 'cni-invoker-'));
  const [pluginDir, confDir, cacheDir, callDir] = ['bin', 'net.d', 'cache', 'calls'].map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
  ];
  await Promise.all([pluginDir, confDir, callDir].map((dir) => mkdir(dir)));
  return {
    root,
    pluginDir,
    confDir,
    cacheDir,
    plugin: async (type, commands) => {
      const path = join(pluginDir, type);
      const cases = Object.entries(commands).map(([command, script]) => `${command})\n${script}\n;;`);
      const note = `STDIN=$(cat)\nn=$(ls '${callDir}' | wc -l)\ncall=$(printf '${callDir}/%04d' "$n")\n(echo '${type}'; env | grep '^CNI_'; echo; echo "$STDIN") > "$call"`;
      await writeFile(path, `#!/bin/sh\n${note}\ncase "$CNI_COMMAND" in\n${cases.join('\n')}\nesac\n`);
      await chmod(path, 0o755);
      return path;
    },
    calls: async () => {
      const names = (await readdir(callDir)).sort();
      return Promise.all(names.map(async (name) => parseCall(await readFile(join(callDir, name), 'utf8'))));
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
};

const parseCall = (text: string): SeenCall => {
  const [head = '', request = ''] = text.split(/\n\n([\s\S]*)/);
  const [type = '', ...lines] = head.split('\n');
  const env = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  return { type, env, command: env['CNI_COMMAND'] ?? '', request: JSON.parse(request) as JsonObject };
};

/** Shell that prints a JSON value. */
export const print = (value: unknown): string => `cat <<'END'\n${JSON.stringify(value)}\nEND`;

/** Shell that fails with an error object. */
export const refuse = (error: unknown): string => `${print(error)}\nexit 1`;
