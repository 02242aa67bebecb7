import { type Command, flagOption, textOption } from '../command.js';
import { given, namespaceOf, namespaceOption, namespaceOptions, nodeCommand, usage } from './node-command.js';
import type { TopOptions } from './top.js';

const describeCommand = nodeCommand(
  {
    name: 'describe',
    maxOperands: 2,
    usage: 'KIND NAME [-n NAMESPACE]',
    summary: 'Tell everything about a pod or another object, with its events.',
    details: `
  KIND NAME, or KIND/NAME; a name alone is that of a pod
  -n, --namespace NAME   default: default
`,
    options: namespaceOption,
  },
  (input) => {
    const [first = '', ...rest] = input.operands;
    const namespace = given('namespace', textOption(input, 'namespace'));
    const isPod = /^(pods?|po)(\/|$)/.test(first);
    // A name alone is that of a Pod.
    if (!isPod && (rest.length > 0 || first.includes('/'))) return { target: input.operands, ...namespace };
    const pod = isPod && !first.includes('/') ? rest[0] : first.replace(/^(pods?|po)\//, '');
    if (pod === undefined || pod === '') throw usage('describe which pod?');
    return { pod, ...namespace };
  },
  async () => {
    const [{ describe }, { describeObject }] = await Promise.all([import('./describe.js'), import('./describe-object.js')]);
    return (options, context) => ('pod' in options ? describe(options, context) : describeObject(options, context));
  },
);

const eventsCommand = nodeCommand(
  {
    name: 'events',
    maxOperands: 0,
    usage: '[--for pod/NAME] [-w] [--types Normal,Warning] [-o FORMAT] [-n NAMESPACE|-A]',
    summary: 'Show what happened to pods; -w follows.',
    details: `
  --for pod/NAME         only of this pod
  --types LIST           Normal, Warning, or both with a comma
  -w, --watch            go on, and show what happens
  -o, --output FORMAT    wide, json, yaml, name, or jsonpath=TEMPLATE
  -n, --namespace NAME   default: default; -A, --all-namespaces: all of them
`,
    options: {
      ...namespaceOptions,
      for: { type: 'string' },
      watch: { type: 'boolean', short: 'w' },
      types: { type: 'string' },
      output: { type: 'string', short: 'o' },
    },
  },
  (input) => ({
    ...namespaceOf(input),
    watch: flagOption(input, 'watch'),
    ...given('for', textOption(input, 'for')),
    ...given('types', textOption(input, 'types')),
    ...given('output', textOption(input, 'output')),
  }),
  async () => (await import('./events.js')).events,
);

const topCommand = nodeCommand(
  {
    name: 'top',
    maxOperands: 2,
    usage: 'pods [POD]|node [--containers] [--watch] [--sort-by cpu|memory] [-n NAMESPACE|-A]',
    summary: 'Show CPU and memory in use.',
    details: `
  --containers           a line for each container
  -w, --watch            go on
  --sort-by cpu|memory   the most first
  --no-headers           a table without its first line
  -n, --namespace NAME   default: default; -A, --all-namespaces: all of them
`,
    options: {
      ...namespaceOptions,
      containers: { type: 'boolean' },
      watch: { type: 'boolean', short: 'w' },
      'sort-by': { type: 'string' },
      'no-headers': { type: 'boolean' },
    },
  },
  (input) => {
    const [what = 'pods', pod] = input.operands;
    const sorting = textOption(input, 'sort-by');
    const sortBy: TopOptions['sortBy'] = sorting === 'cpu' || sorting === 'memory' ? sorting : undefined;
    if (!['pod', 'pods', 'po', 'node', 'nodes', 'no'].includes(what)) throw usage(`top shows pods or node, not ${JSON.stringify(what)}`);
    if (what.startsWith('n') && pod !== undefined) throw usage('top node is that of this one node: it takes no name');
    if (sorting !== sortBy) throw usage('--sort-by takes cpu or memory');
    return {
      ...namespaceOf(input),
      what: what.startsWith('n') ? ('node' as const) : ('pods' as const),
      ...given('pod', pod),
      containers: flagOption(input, 'containers'),
      watch: flagOption(input, 'watch'),
      noHeaders: flagOption(input, 'no-headers'),
      ...(sortBy === undefined ? {} : { sortBy }),
    };
  },
  async () => (await import('./top.js')).top,
);

const copyCommand = nodeCommand(
  {
    name: 'cp',
    maxOperands: 2,
    usage: 'POD:PATH LOCAL | LOCAL POD:PATH [-c CONTAINER] [-n NAMESPACE]',
    summary: 'Copy files between a container and this machine (needs tar in the container).',
    details: `
  -c, --container NAME   default: the first
  -n, --namespace NAME   default: default
`,
    options: { ...namespaceOption, container: { type: 'string', short: 'c' } },
  },
  (input) => {
    const [from, to] = input.operands;
    if (from === undefined || to === undefined) throw usage('cp takes two paths, one of them POD:PATH');
    return { from, to, ...given('container', textOption(input, 'container')), ...given('namespace', textOption(input, 'namespace')) };
  },
  async () => (await import('./cp.js')).copy,
);

/** Commands that look closer. */
export const inspectCommands: readonly Command[] = [describeCommand, eventsCommand, topCommand, copyCommand];
