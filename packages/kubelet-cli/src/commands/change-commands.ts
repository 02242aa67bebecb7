import { type Command, type CommandInput, flagOption, textOption, textsOption } from '../command.js';
import { durationOption, given, namespaceOf, namespaceOption, namespaceOptions, nodeCommand, usage } from './node-command.js';

const fileOption = { filename: { type: 'string', short: 'f', multiple: true } } as const;

const filesOf = (input: CommandInput): readonly string[] => {
  const files = [...textsOption(input, 'filename'), ...input.operands];
  if (files.length === 0) throw usage('give a manifest with -f');
  return files;
};

const applyCommand = nodeCommand(
  {
    name: 'apply',
    usage: '-f FILE… [--dry-run] [--no-wait] [--timeout 2m]',
    summary: 'Check manifests, show what will change, put them in place and wait until their pods run.',
    details: `
  -f, --filename FILE    a manifest, a directory of them, or - for standard input; again for more
  --dry-run              only show what would change
  --no-wait              do not wait until the pods run
  --timeout 2m           the longest wait; then the status is 1, and what was put in place stays
`,
    options: { ...fileOption, 'dry-run': { type: 'boolean' }, 'no-wait': { type: 'boolean' }, timeout: { type: 'string' } },
  },
  (input) => ({
    files: filesOf(input),
    dryRun: flagOption(input, 'dry-run'),
    noWait: flagOption(input, 'no-wait'),
    ...given('timeoutMs', durationOption(input, 'timeout')),
  }),
  async () => (await import('./apply.js')).apply,
);

const diffCommand = nodeCommand(
  {
    name: 'diff',
    usage: '-f FILE…',
    summary: 'Show which fields would change, and which containers would restart and why.',
    details: `
  -f, --filename FILE    a manifest, a directory of them, or - for standard input; again for more

Exit status: 0 nothing would change, 1 something would, 3 a manifest is rejected.
`,
    options: fileOption,
  },
  (input) => ({ files: filesOf(input) }),
  async () => (await import('./apply.js')).diff,
);

const POD_WORDS: readonly string[] = ['pod', 'pods', 'po'];
const CLAIM_WORDS: readonly string[] = ['pvc', 'persistentvolumeclaim', 'persistentvolumeclaims'];

const deleteCommand = nodeCommand(
  {
    name: 'delete',
    usage: 'pod NAME… | KIND NAME… | pvc NAME… [--data] | -f FILE… [--no-wait] [--timeout 1m] [-n NAMESPACE]',
    summary: 'Remove manifests, or an object from its manifest, and wait until nothing of their pods is left.',
    details: `
A name that is not there is an error, and then nothing is deleted.

  -f, --filename FILE    what this manifest asks for: a file, a directory, or - for standard input; again for more
  --data                 with pvc: the data, too
  --no-wait              do not wait until the pods have ended
  --timeout 1m           the longest wait (default: 30 s longer than the pods may take to end; 90s for other objects)
  -n, --namespace NAME   default: default
`,
    options: { ...namespaceOption, ...fileOption, 'no-wait': { type: 'boolean' }, timeout: { type: 'string' }, data: { type: 'boolean' } },
  },
  (input) => {
    const isOfClaims = CLAIM_WORDS.includes(input.operands[0] ?? '');
    const data = flagOption(input, 'data');
    if (data && !isOfClaims) throw usage('--data goes with claims: delete pvc NAME --data');
    return {
      words: input.operands,
      isOfClaims,
      data,
      files: textsOption(input, 'filename'),
      noWait: flagOption(input, 'no-wait'),
      ...given('namespace', textOption(input, 'namespace')),
      ...given('timeoutMs', durationOption(input, 'timeout')),
    };
  },
  async () =>
    async ({ words, isOfClaims, data, files, ...options }, context) => {
      const [first = '', ...names] = words;
      if (isOfClaims) {
        const { deleteClaims } = await import('./delete-claims.js');
        return deleteClaims({ names, data, ...given('namespace', options.namespace) }, context);
      }
      const objects = (await import('./object-words.js')).objectWords(words);
      if (objects !== undefined) return (await import('./delete-objects.js')).deleteObjects({ objects, ...options }, context);
      const { kindAlone } = await import('./object-words.js');
      const kind = files.length === 0 ? kindAlone(words) : undefined;
      if (kind !== undefined) throw usage(`delete which ${kind}?`);
      const pods = POD_WORDS.includes(first) ? names : words;
      return (await import('./delete.js')).deletePods({ pods, files, ...options }, context);
    },
);

const waitCommand = nodeCommand(
  {
    name: 'wait',
    usage: '--for condition=Ready|delete|phase=PHASE POD…|KIND/NAME… [-l SELECTOR] [--all] [--timeout 30s] [-n NAMESPACE|-A]',
    summary: 'Wait until pods or other objects have come to where they should be.',
    details: `
  --for WHAT             condition=Ready, condition=NAME=VALUE, phase=Running, or delete
  -l, --selector TEXT    all pods with these labels; --all: all pods
  --timeout 30s          the longest wait; then the status is 1
  -n, --namespace NAME   default: default; -A, --all-namespaces: all of them
`,
    options: {
      ...namespaceOptions,
      for: { type: 'string' },
      selector: { type: 'string', short: 'l' },
      all: { type: 'boolean' },
      timeout: { type: 'string' },
    },
  },
  (input) => {
    const awaited = textOption(input, 'for');
    if (awaited === undefined) throw usage('wait for what? --for condition=Ready, phase=Running or delete');
    return {
      ...namespaceOf(input),
      words: input.operands,
      for: awaited,
      all: flagOption(input, 'all'),
      ...given('selector', textOption(input, 'selector')),
      ...given('timeoutMs', durationOption(input, 'timeout')),
    };
  },
  async () =>
    async ({ words, ...options }, context) => {
      const objects = (await import('./object-words.js')).objectWords(words);
      if (objects !== undefined) {
        const { for: awaited, timeoutMs, namespace } = options;
        const { waitForObjects } = await import('./wait-object.js');
        return waitForObjects({ objects, for: awaited, ...given('namespace', namespace), ...given('timeoutMs', timeoutMs) }, context);
      }
      return (await import('./wait.js')).wait({ ...options, pods: words.filter((word) => !POD_WORDS.includes(word)) }, context);
    },
);

const restartCommand = nodeCommand(
  {
    name: 'restart',
    maxOperands: 1,
    usage: 'POD [-n NAMESPACE]',
    summary: "End a pod's back-off at once, or restart its containers.",
    details: `
  POD may be KIND/NAME of what made it
  -n, --namespace NAME   default: default
`,
    options: namespaceOption,
  },
  (input) => {
    const [pod] = input.operands;
    if (pod === undefined) throw usage('restart which pod?');
    return { pod, ...given('namespace', textOption(input, 'namespace')) };
  },
  async () => (await import('./restart.js')).restart,
);

/** Commands that change what runs. */
export const changeCommands: readonly Command[] = [applyCommand, diffCommand, deleteCommand, waitCommand, restartCommand];
