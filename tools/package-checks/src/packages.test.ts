import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Example, typeErrorsOf } from './check-types.js';
import { installPacked, type StrangerProject } from './packed.js';
import { fencedBlocks } from './readme-blocks.js';

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const names = readdirSync(join(root, 'packages')).sort();
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

/** What a package lets others import. */
const entryPoints = (name: string): readonly string[] => {
  const { exports } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as {
    exports: Record<string, unknown>;
  };
  return Object.keys(exports)
    .filter((key) => key !== './package.json')
    .map((key) => `@solo-kubelet/${name}${key.slice(1)}`);
};
const nameOf = (entry: string): string => entry.replaceAll(/\W/g, '_');

/** Runs a command and returns what it printed, failing with its output when it fails. */
const expectSuccess = async (file: string, args: readonly string[], cwd: string, timeout = 120_000): Promise<string> => {
  try {
    const { stdout, stderr } = await run(file, [...args], { cwd, timeout, env: { ...process.env, NO_COLOR: '1' } });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${file} ${args.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
};

/** An entry point that is no module: a JSON Schema. */
const isData = (entry: string): boolean => entry.endsWith('.json');

describe('packed packages', () => {
  let stranger: StrangerProject;
  beforeAll(async () => {
    stranger = await installPacked(root);
  });
  afterAll(() => stranger?.[Symbol.asyncDispose]());

  it.each(names)('every entry point of %s can be imported by a stranger', async (name) => {
    const code = entryPoints(name)
      .map((entry) => `await import('${entry}'${isData(entry) ? ", { with: { type: 'json' } }" : ''});`)
      .join('\n');
    await expectSuccess(process.execPath, ['--input-type=module', '-e', code], stranger.directory);
  });

  it('the declarations hold for a stranger who checks those of libraries, too', async () => {
    const imports = names.flatMap((name) =>
      entryPoints(name)
        .filter((entry) => !isData(entry))
        .map((entry) => `export * as ${nameOf(entry)} from '${entry}';`),
    );
    const mistake = 'export const mistake: string = 1;';
    await writeFile(join(stranger.directory, 'everything.mts'), [mistake, ...imports].join('\n'));
    const options = ['--noEmit', '--strict', '--module', 'NodeNext', '--target', 'ES2023', '--lib', 'ES2023,ESNext.Disposable'];
    const typeRoots = ['--types', 'node', '--typeRoots', join(root, 'node_modules', '@types')];
    const told = await run(bin('tsc'), [...options, ...typeRoots, 'everything.mts'], { cwd: stranger.directory }).catch(
      (error: { stdout: string }) => error,
    );
    // Declarations of other people's libraries are theirs.
    const ours = told.stdout.split('\n').filter((line) => /^(node_modules\/@solo-kubelet\/|everything)/.test(line));
    expect(ours).toEqual([expect.stringMatching(/^everything\.mts\(1,14\): error TS2322/)]);
  });

  // Blocks of shell commands need a node: tools/e2e runs those.
  const examples = names.flatMap((name) =>
    fencedBlocks(readFileSync(join(root, 'packages', name, 'README.md'), 'utf8'))
      .filter(({ language, marks }) => marks.includes('run') && ['ts', 'js'].includes(language))
      .map((block) => ({ name, ...block })),
  );

  it.each(names.filter((name) => name !== 'kubelet-cli'))('the README of %s has an example that runs', (name) => {
    expect(examples.some((example) => example.name === name)).toBe(true);
  });

  it.each(examples)('the README example of $name at line $line works as printed', async ({ name, line, code, language }) => {
    const javascript = language === 'ts' ? (await transform(code, { loader: 'ts', format: 'esm', target: 'node20' })).code : code;
    const file = join(stranger.directory, `${name}-${line}.mjs`);
    await writeFile(file, javascript);
    await expectSuccess(process.execPath, [file], stranger.directory, 60_000);
  });

  it('the examples of all READMEs hold for a reader whose compiler is strict', async () => {
    const readmes = ['README.md', 'docs/compose-your-own-kubelet.md', ...names.map((name) => `packages/${name}/README.md`)];
    const typed = readmes.flatMap((origin): readonly Example[] =>
      fencedBlocks(readFileSync(join(root, origin), 'utf8'))
        .filter(({ language }) => language === 'ts')
        .map(({ line, code }) => ({ origin, line, code })),
    );
    const mistake: Example = {
      origin: 'mistake',
      line: 0,
      code: "import { tell } from '@solo-kubelet/none';\nconst list: string[] = [];\nlist[0].length;",
    };
    expect(await typeErrorsOf([...typed, mistake], stranger.directory, root)).toEqual([
      expect.stringMatching(/^mistake:1:22: Cannot find module/),
      expect.stringMatching(/^mistake:3:1: Object is possibly 'undefined'/),
    ]);
  });

  it('installs the kubelet-cli command', async () => {
    expect(await expectSuccess(join(stranger.directory, 'node_modules', '.bin', 'kubelet-cli'), ['version'], stranger.directory)).toMatch(
      /\d+\.\d+\.\d+/,
    );
  });
});
