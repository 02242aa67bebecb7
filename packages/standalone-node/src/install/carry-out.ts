import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { InstallStep } from './install-plan.js';

/** What became of a step. */
export interface StepResult {
  readonly path: string;
  readonly outcome: 'made' | 'kept' | 'removed' | 'unchanged';
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Makes what is missing; running it twice changes nothing. */
export const carryOut = async (steps: readonly InstallStep[]): Promise<readonly StepResult[]> => {
  const results: StepResult[] = [];
  for (const step of steps) {
    const { path } = step;
    const there = await exists(path);
    if (step.type === 'directory') {
      await mkdir(path, { recursive: true, mode: step.mode });
      results.push({ path, outcome: there ? 'unchanged' : 'made' });
    } else if (there && (await readFile(path, 'utf8')) === step.text) results.push({ path, outcome: 'unchanged' });
    else if (there && step.keep) results.push({ path, outcome: 'kept' });
    else {
      await writeFile(path, step.text, { mode: step.mode });
      results.push({ path, outcome: 'made' });
    }
  }
  return results;
};

/** Removes the files that `install` made and nobody changed since. Directories stay: manifests and data are the user's. */
export const undo = async (steps: readonly InstallStep[]): Promise<readonly StepResult[]> => {
  const results: StepResult[] = [];
  for (const step of [...steps].reverse()) {
    if (step.type === 'directory' || !(await exists(step.path))) continue;
    const isOurs = !step.keep || (await readFile(step.path, 'utf8')) === step.text;
    if (isOurs) await rm(step.path);
    results.push({ path: step.path, outcome: isOurs ? 'removed' : 'kept' });
  }
  return results;
};
