import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { type Kubectl, minorVersion } from '../kubectl.js';
import { runStep, type ScriptRun } from './run-script.js';
import { readSections, SCRIPTED_VERSIONS } from './sections.js';

export const versionOf = (program: string): string => `1.${minorVersion(program)}`;

/** Of programs those that the script is written for; what is left out is told of. */
export const scripted = (programs: readonly string[]): readonly string[] =>
  programs.filter((program) => {
    const version = versionOf(program);
    if (SCRIPTED_VERSIONS.has(version)) return true;
    console.warn(`the script is not run with ${program}: it is written for kubectl ${[...SCRIPTED_VERSIONS].join(', ')}, not ${version}`);
    return false;
  });

export interface ScriptTarget {
  readonly kubectl: Kubectl;
  readonly nodeName: string;
  readonly image: string;
  readonly manifests: string;
}

/** A test for each section of the script that `runs` says. */
export const describeScript = async (
  program: string,
  { target, runs }: { readonly target: () => ScriptTarget; readonly runs: (marks: readonly string[]) => boolean },
): Promise<void> => {
  let run: ScriptRun;
  beforeAll(async () => {
    const { kubectl, nodeName, image, manifests } = target();
    const [bin, directory] = [join(kubectl.directory, 'bin'), join(kubectl.directory, 'script')];
    for (const path of [bin, directory]) await mkdir(path);
    await symlink(program, join(bin, 'kubectl'));
    const name = /([^/:]+):[^/]*$/.exec(image)?.[1] ?? image;
    run = {
      directory,
      env: { ...kubectl.env, PATH: `${bin}:${kubectl.env['PATH']}`, IMAGE: image, NAME: name, NODE: nodeName, MANIFESTS: manifests },
      known: { [image]: '<image>', [nodeName]: 'node1' },
    };
  });
  const sections = (await readSections(versionOf(program))).filter(({ marks }) => runs(marks));
  it.each(sections)('$name', { timeout: 400_000 }, async ({ steps }) => {
    const wrong: string[] = [];
    for (const step of steps) {
      const said = await runStep(step, run);
      if (said !== undefined) wrong.push(said);
    }
    expect(wrong.join('\n\n')).toBe('');
  });
};
