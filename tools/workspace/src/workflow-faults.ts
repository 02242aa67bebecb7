import { parseDocument } from 'yaml';

/** What a workflow may refer to. */
export interface Surroundings {
  /** Scripts of the root package.json. */
  readonly scripts: readonly string[];
  readonly fileExists: (path: string) => boolean;
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Job {
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly steps?: readonly Step[];
  readonly 'timeout-minutes'?: number;
}

interface Workflow {
  readonly name?: string;
  readonly on?: unknown;
  readonly permissions?: unknown;
  readonly jobs?: Readonly<Record<string, Job>>;
}

/** Errors and warnings of a YAML text, keys used twice among them. */
export const yamlFaults = (text: string): readonly string[] => {
  const { errors, warnings } = parseDocument(text, { strict: true, uniqueKeys: true });
  return [...errors, ...warnings].map(({ message }) => message.split('\n')[0] ?? '');
};

/**
 * What is wrong with a hosted workflow: scripts and files that are not there, actions that are not pinned by a commit with its version beside it,
 * jobs without a time limit, rights that are not stated.
 */
export const workflowFaults = (text: string, surroundings: Surroundings): readonly string[] => {
  const unread = yamlFaults(text);
  if (unread.length > 0) return unread;
  const workflow = parseDocument(text).toJS() as Workflow;
  const jobs = workflow.jobs ?? {};
  return [
    ...(['name', 'on', 'permissions', 'jobs'] as const).filter((key) => workflow[key] === undefined).map((key) => `has no ${key}`),
    ...Object.entries(jobs).flatMap(([name, job]) => jobFaults(name, job, Object.keys(jobs), surroundings)),
    ...text
      .split('\n')
      .filter((line) => /^\s*(?:- )?uses: [^.]/.test(line) && !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))
      .map((line) => `${line.trim()}: not pinned by a commit with its version`),
  ];
};

const jobFaults = (name: string, job: Job, jobs: readonly string[], surroundings: Surroundings): readonly string[] => [
  ...(job.uses === undefined && job['timeout-minutes'] === undefined ? [`${name} has no time limit`] : []),
  ...[job.needs ?? []]
    .flat()
    .filter((need) => !jobs.includes(need))
    .map((need) => `${name} needs ${need}, which is no job`),
  ...[job.uses, ...(job.steps ?? []).map(({ uses }) => uses)]
    .filter((uses): uses is string => uses?.startsWith('./') === true && !surroundings.fileExists(uses))
    .map((uses) => `${name} uses ${uses}, which is not there`),
  ...(job.steps ?? []).flatMap(({ run }) =>
    run === undefined ? [] : commandFaults(run, surroundings).map((fault) => `${name}: ${fault}`),
  ),
];

/** pnpm's own commands, as far as they are used. */
const PNPM_COMMANDS = ['install', 'exec', 'publish', 'run', 'audit'];

/** Commands of a shell text that call what is not there: `pnpm SCRIPT`, `npm run SCRIPT`, `node FILE`. */
export const commandFaults = (text: string, { scripts, fileExists }: Surroundings): readonly string[] => {
  const words = [...text.matchAll(/(?:^|[\s;&|])(?:pnpm|npm run) ((?:-\S+ (?:'[^']*' )?)*)([a-z][\w:-]*)/g)].map(
    ([, , word]) => word ?? '',
  );
  const files = [...text.matchAll(/(?:^|[\s;&|])node ([\w./-]+\.m?js)/g)].map(([, file]) => file ?? '');
  return [
    ...words.filter((word) => !scripts.includes(word) && !PNPM_COMMANDS.includes(word)).map((word) => `there is no script ${word}`),
    ...files.filter((file) => !fileExists(file)).map((file) => `there is no ${file}`),
  ];
};
