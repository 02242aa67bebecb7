import { type Command, type CommandInput, flagOption, textOption, textsOption } from '../command.js';
import { durationOption, given, namespaceOf, namespaceOptions, nodeCommand, usage } from './node-command.js';

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
    options: { ...namespaceOptions, ...fileOption, 'no-wait': { type: 'boolean' }, timeout: { type: 'string' }, data: { type: 'boolean' } },
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
    options: namespaceOptions,
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
