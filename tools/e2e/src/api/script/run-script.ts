import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from '../kubectl.js';
import { matchesLines, normaliseLines } from './printed.js';
import type { Step } from './transcript.js';

const COMMAND_LIMIT_MS = 120_000;
/** How long what is asked for again may take. */
const PATIENCE_MS = 60_000;
const AGAIN_MS = 250;

export interface ScriptRun {
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  /** What is printed of this run → what the script calls it. */
  readonly known: Readonly<Record<string, string>>;
}

const ask = async (command: string, { env, directory }: ScriptRun): Promise<Answer> => {
  const child = spawn('bash', ['-c', command], { env, cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], timeout: COMMAND_LIMIT_MS });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status: status ?? -1, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
};

/** A step with what it printed, as it would stand in the script. */
export const writeStep = ({ command, isPatient }: Step, { status, stdout, stderr }: Answer, { known }: ScriptRun): string =>
  [
    `$${isPatient ? '~' : ''} ${command.replace(/\n/g, '\n> ')}`,
    ...normaliseLines(stdout, known),
    ...normaliseLines(stderr, known).map((line) => `! ${line}`),
    ...(status === 0 ? [] : [`= ${status}`]),
  ].join('\n');

const isAsWanted = (step: Step, answer: Answer, { known }: ScriptRun): boolean =>
  answer.status === step.status &&
  matchesLines(step.stdout, normaliseLines(answer.stdout, known)) &&
  matchesLines(step.stderr, normaliseLines(answer.stderr, known));

/** What a step printed that should have printed something else, or undefined. */
export const runStep = async (step: Step, run: ScriptRun): Promise<string | undefined> => {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask(step.command, run);
    if (isAsWanted(step, answer, run)) return undefined;
    if (!step.isPatient || Date.now() > end) return `line ${step.line}\n${writeStep(step, answer, run)}`;
    await delay(AGAIN_MS);
  }
};
