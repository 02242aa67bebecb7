import { findObjectKind } from '@solo-kubelet/object-spec/kinds';
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

/** `deployment web db` and `deployment/web job/x` as `kind/name`; undefined for Pods, named or not. */
const objectWords = (words: readonly string[]): readonly string[] | undefined => {
  const [first = '', ...rest] = words;
  if (/^(pods?|po)(\/|$)/.test(first) || first === '') return undefined;
  if (first.includes('/')) return words;
  return rest.length === 0 || findObjectKind(first.split('.', 1)[0] ?? '') === undefined
    ? undefined
    : rest.map((name) => `${first}/${name}`);
};

const deleteCommand = nodeCommand(
  {
    name: 'delete',
    usage: 'pod NAME… | KIND NAME… | pvc NAME… [--data] | -f FILE… [--no-wait] [--timeout 1m] [-n NAMESPACE]',
    summary: 'Remove manifests, or an object from its manifest, and wait until nothing of their pods is left.',
    options: { ...namespaceOptions, ...fileOption, 'no-wait': { type: 'boolean' }, timeout: { type: 'string' }, data: { type: 'boolean' } },
  },
  (input) => {
    const [first = '', ...rest] = input.operands;
    const isOfClaims = ['pvc', 'persistentvolumeclaim', 'persistentvolumeclaims'].includes(first);
    if (flagOption(input, 'data') && !isOfClaims) throw usage('--data goes with claims: delete pvc NAME --data');
    const objects = isOfClaims ? undefined : objectWords(input.operands);
    if (objects !== undefined) {
      const more = { noWait: flagOption(input, 'no-wait'), ...given('namespace', textOption(input, 'namespace')) };
      return { objects, ...more, ...given('timeoutMs', durationOption(input, 'timeout')) };
    }
    return {
      ...(isOfClaims ? { claims: rest, data: flagOption(input, 'data') } : {}),
      pods: ['pod', 'pods', 'po'].includes(first) ? rest : input.operands,
      files: textsOption(input, 'filename'),
      noWait: flagOption(input, 'no-wait'),
      ...given('namespace', textOption(input, 'namespace')),
      ...given('timeoutMs', durationOption(input, 'timeout')),
    };
  },
  async () => async (options, context) => {
    if ('objects' in options) return (await import('./delete-objects.js')).deleteObjects(options, context);
    return options.claims === undefined
      ? (await import('./delete.js')).deletePods(options, context)
      : (await import('./delete-claims.js')).deleteClaims(
          { names: options.claims, data: options.data === true, ...given('namespace', options.namespace) },
          context,
        );
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
    const timeout = given('timeoutMs', durationOption(input, 'timeout'));
    const objects = objectWords(input.operands);
    if (objects !== undefined) return { objects, for: awaited, ...given('namespace', textOption(input, 'namespace')), ...timeout };
    return {
      ...namespaceOf(input),
      pods: input.operands.filter((word) => !['pod', 'pods', 'po'].includes(word)),
      for: awaited,
      all: flagOption(input, 'all'),
      ...given('selector', textOption(input, 'selector')),
      ...timeout,
    };
  },
  async () => {
    const [{ wait }, { waitForObjects }] = await Promise.all([import('./wait.js'), import('./wait-object.js')]);
    return (options, context) => ('objects' in options ? waitForObjects(options, context) : wait(options, context));
  },
);

const restartCommand = nodeCommand(
  {
    name: 'restart',
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
