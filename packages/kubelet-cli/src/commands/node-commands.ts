import { type Command, type CommandInput, flagOption, textOption } from '../command.js';
import {
  durationOption,
  given,
  namespaceOf,
  namespaceOption,
  namespaceOptions,
  nodeCommand,
  numberOption,
  timeOption,
  usage,
} from './node-command.js';

/** `get`. */
export const getCommand = nodeCommand(
  {
    name: 'get',
    usage: 'pods|node|images|events|manifests|all|KIND [NAME]… [-w] [-o wide|json|yaml|name|jsonpath=…] [-n NAMESPACE|-A] [-l SELECTOR]',
    summary: 'List what the node has.',
    details: `
KIND is that of any object that manifests may hold: deployments, jobs, services, ingresses, …; several with commas.

  -w, --watch            go on, and show what changes
  -o, --output FORMAT    wide, json, yaml, name, or a JSONPath template such as jsonpath='{.items[*].metadata.name}'
  -l, --selector TEXT    only what has these labels: app=web,tier!=cache
  --no-headers           a table without its first line
  -n, --namespace NAME   default: default; -A, --all-namespaces: all of them
`,
    options: {
      ...namespaceOptions,
      output: { type: 'string', short: 'o' },
      watch: { type: 'boolean', short: 'w' },
      selector: { type: 'string', short: 'l' },
      'no-headers': { type: 'boolean' },
    },
  },
  (input) => {
    const [resource, ...names] = input.operands;
    if (resource === undefined) throw usage('get what? pods, node, images, events, manifests, all, or a kind such as deployments');
    return {
      resource,
      names,
      ...namespaceOf(input),
      watch: flagOption(input, 'watch'),
      noHeaders: flagOption(input, 'no-headers'),
      ...given('output', textOption(input, 'output')),
      ...given('selector', textOption(input, 'selector')),
    };
  },
  async () => (await import('./get.js')).get,
);

const logsCommand = nodeCommand(
  {
    name: 'logs',
    maxOperands: 2,
    usage: 'POD [-c CONTAINER] [-f] [-p] [--tail N] [--since 5m] [--timestamps] [--all-containers] [-l SELECTOR] [-n NAMESPACE]',
    summary: "Print containers' logs; -f follows them.",
    details: `
POD may be KIND/NAME of what made it: deploy/web, job/once.

  -c, --container NAME   default: the first, or that of the annotation kubectl.kubernetes.io/default-container
  --all-containers       of every container
  -f, --follow           go on until the container ends
  -p, --previous         of the run before
  --tail N               the last N lines; -1: all
  --since 5m             what is newer; --since-time 2026-01-31T12:00:00Z
  --limit-bytes N        no more than that
  --timestamps           each line with its time
  --prefix               each line with its pod and container, as with several logs
  -l, --selector TEXT    of all pods with these labels
  -n, --namespace NAME   default: default; -A, --all-namespaces: all of them
`,
    options: {
      ...namespaceOptions,
      container: { type: 'string', short: 'c' },
      follow: { type: 'boolean', short: 'f' },
      previous: { type: 'boolean', short: 'p' },
      tail: { type: 'string' },
      since: { type: 'string' },
      'since-time': { type: 'string' },
      'limit-bytes': { type: 'string' },
      timestamps: { type: 'boolean' },
      'all-containers': { type: 'boolean' },
      prefix: { type: 'boolean' },
      selector: { type: 'string', short: 'l' },
    },
  },
  (input) => {
    if (input.operands.length === 0 && input.options['selector'] === undefined)
      throw usage('logs of which pod? name one, or select some with -l');
    const sinceMs = durationOption(input, 'since');
    return {
      ...namespaceOf(input),
      ...given('pod', input.operands[0]),
      ...given('container', textOption(input, 'container') ?? input.operands[1]),
      ...given('selector', textOption(input, 'selector')),
      // As kubectl has them: -1 lines are all, and 0 bytes no limit.
      ...given('tailLines', textOption(input, 'tail') === '-1' ? undefined : numberOption(input, 'tail')),
      ...given('limitBytes', numberOption(input, 'limit-bytes') || undefined),
      ...given('sinceTime', timeOption(input, 'since-time')),
      ...given('sinceSeconds', sinceMs === undefined ? undefined : Math.max(1, Math.ceil(sinceMs / 1_000))),
      follow: flagOption(input, 'follow'),
      previous: flagOption(input, 'previous'),
      timestamps: flagOption(input, 'timestamps'),
      allContainers: flagOption(input, 'all-containers'),
      ...given('prefix', flagOption(input, 'prefix') || undefined),
    };
  },
  async () => (await import('./logs.js')).logs,
);

const sessionOptions = {
  ...namespaceOption,
  container: { type: 'string', short: 'c' },
  stdin: { type: 'boolean', short: 'i' },
  tty: { type: 'boolean', short: 't' },
} as const;

const sessionOf = (input: CommandInput, pod: string) => ({
  pod,
  ...given('container', textOption(input, 'container')),
  ...given('namespace', textOption(input, 'namespace')),
  stdin: flagOption(input, 'stdin'),
  tty: flagOption(input, 'tty'),
});

const execCommand = nodeCommand(
  {
    name: 'exec',
    usage: 'POD [-c CONTAINER] [-i] [-t] [-n NAMESPACE] -- COMMAND [ARG]…',
    summary: 'Run a command in a container.',
    details: `
POD may be KIND/NAME of what made it. The exit status is that of the command.

  -c, --container NAME   default: the first, or that of the annotation kubectl.kubernetes.io/default-container
  -i, --stdin            hand standard input on
  -t, --tty              with a terminal, if this is one
  -n, --namespace NAME   default: default
`,
    options: sessionOptions,
  },
  (input) => {
    const [pod, ...command] = input.operands;
    if (pod === undefined) throw usage('exec in which pod?');
    if (command.length === 0) throw usage('exec what? give a command after --');
    return { ...sessionOf(input, pod), command };
  },
  async () => (await import('./exec.js')).exec,
);

const attachCommand = nodeCommand(
  {
    name: 'attach',
    maxOperands: 1,
    usage: 'POD [-c CONTAINER] [-i] [-t] [-n NAMESPACE]',
    summary: "Connect to a container's own process; Ctrl-P Ctrl-Q leaves it.",
    details: `
  -c, --container NAME   default: the first
  -i, --stdin            hand standard input on
  -t, --tty              with a terminal, if this is one
  -n, --namespace NAME   default: default
`,
    options: sessionOptions,
  },
  (input) => {
    const [pod] = input.operands;
    if (pod === undefined) throw usage('attach to which pod?');
    return sessionOf(input, pod);
  },
  async () => (await import('./exec.js')).attach,
);

const portForwardCommand = nodeCommand(
  {
    name: 'port-forward',
    usage: 'POD [LOCAL:]REMOTE… [--address ADDRESS] [-n NAMESPACE]',
    summary: 'Reach ports of a pod through local ones, until interrupted.',
    details: `
80 is that port here and there, 8080:80 another one here, :80 any free one here. POD may be KIND/NAME of what made it, or svc/NAME: a ready pod of
a Service, and ports of the Service.

  --address ADDRESS      of this machine to listen at (default 127.0.0.1)
  -n, --namespace NAME   default: default
`,
    options: { ...namespaceOption, address: { type: 'string' } },
  },
  (input) => {
    const [pod, ...ports] = input.operands;
    if (pod === undefined || ports.length === 0) throw usage('port-forward takes a pod and at least one port');
    return { pod, ports, ...given('namespace', textOption(input, 'namespace')), ...given('address', textOption(input, 'address')) };
  },
  async () => (await import('./port-forward.js')).portForward,
);

/** Further commands about the pods of a node. */
export const nodeCommands: readonly Command[] = [logsCommand, execCommand, attachCommand, portForwardCommand];
