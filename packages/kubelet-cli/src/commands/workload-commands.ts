import { type Command, textOption } from '../command.js';
import { durationOption, given, nodeCommand, numberOption, usage } from './node-command.js';

const watches = (text: string | undefined): boolean => {
  if (text !== undefined && text !== 'true' && text !== 'false') throw usage(`--watch takes true or false, not ${JSON.stringify(text)}`);
  return text !== 'false';
};

const rolloutCommand = nodeCommand(
  {
    name: 'rollout',
    maxOperands: 3,
    usage:
      'status|history|undo|restart|retry|pause|resume KIND/NAME [--to-revision N] [--revision N] [--watch=false] [--timeout 5m] [-n NAMESPACE]',
    summary:
      'Look at a rollout of a Deployment, StatefulSet or DaemonSet, or change it in its manifest; retry takes a Pod that went back, too.',
    details: `
status     wait until it is done, or has failed; --watch=false: only say how it is
history    its revisions; with --revision N the template of one
undo       back to the revision before, or to --to-revision N, in the manifest
restart    its Pods anew, one after another
retry      what was held back since it failed
pause, resume   no rollout of a Deployment from now on, or again

  --timeout 5m           the longest wait for status (default: none)
  -n, --namespace NAME   default: default
`,
    options: {
      namespace: { type: 'string', short: 'n' },
      'to-revision': { type: 'string' },
      revision: { type: 'string' },
      watch: { type: 'string' },
      timeout: { type: 'string' },
    },
  },
  (input) => {
    const [action, ...target] = input.operands;
    if (action === undefined || target.length === 0) throw usage('write, for example: rollout status deployment/web');
    return {
      action,
      target,
      once: !watches(textOption(input, 'watch')),
      ...given('namespace', textOption(input, 'namespace')),
      ...given('toRevision', numberOption(input, 'to-revision') ?? numberOption(input, 'revision')),
      ...given('timeoutMs', durationOption(input, 'timeout')),
    };
  },
  async () => (await import('./rollout.js')).rollout,
);

const scaleCommand = nodeCommand(
  {
    name: 'scale',
    maxOperands: 2,
    usage: 'KIND/NAME --replicas N [-n NAMESPACE]',
    summary: 'Set the number of Pods in the manifest of a Deployment, StatefulSet or ReplicaSet.',
    details: `
  --replicas N           how many Pods
  -n, --namespace NAME   default: default
`,
    options: { namespace: { type: 'string', short: 'n' }, replicas: { type: 'string' } },
  },
  (input) => {
    const replicas = numberOption(input, 'replicas');
    if (replicas === undefined || input.operands.length === 0) throw usage('write, for example: scale deployment/web --replicas 3');
    return { target: input.operands, replicas, ...given('namespace', textOption(input, 'namespace')) };
  },
  async () => (await import('./rollout.js')).scale,
);

const createCommand = nodeCommand(
  {
    name: 'create',
    maxOperands: 2,
    usage: 'job NAME --from cronjob/NAME [-n NAMESPACE]',
    summary: 'Run a CronJob now, as a Job with a manifest of its own.',
    details: `
  --from cronjob/NAME    whose template the Job has
  -n, --namespace NAME   default: default
`,
    options: { namespace: { type: 'string', short: 'n' }, from: { type: 'string' } },
  },
  (input) => {
    const [what, name] = input.operands;
    const from = textOption(input, 'from');
    if (what !== 'job' || name === undefined || from === undefined) throw usage('write, for example: create job now --from cronjob/backup');
    return { name, from, ...given('namespace', textOption(input, 'namespace')) };
  },
  async () => (await import('./create-job.js')).createJob,
);

/** Commands about what makes Pods. */
export const workloadCommands: readonly Command[] = [rolloutCommand, scaleCommand, createCommand];
