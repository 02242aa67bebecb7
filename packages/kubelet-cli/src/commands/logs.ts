import { describeError, isAbort } from '@solo-kubelet/diagnostics';
import { withoutControls } from '@solo-kubelet/diagnostics/text';
import type { Pod } from '@solo-kubelet/pod-spec';
import pc from 'picocolors';
import { CliError } from '../cli-error.js';
import { usesColor, write } from '../cli-io.js';
import { allContainers, findContainer, findPod } from '../client/find-pod.js';
import { parseLabelSelector } from '../client/label-selector.js';
import type { ContainerTarget, LogQuery } from '../client/node-client.js';
import { logLines } from './log-lines.js';
import { DEFAULT_NAMESPACE, inNamespace, type NamespaceChoice, type VerbContext } from './verb-context.js';

export interface LogsOptions extends NamespaceChoice, LogQuery {
  /** A pod; absent with a selector. */
  readonly pod?: string;
  readonly container?: string;
  readonly allContainers?: boolean;
  readonly selector?: string;
  /** Write `[pod/container]` before each line. Default: when more than one log is read. */
  readonly prefix?: boolean;
}

const COLOURS = ['cyan', 'green', 'yellow', 'magenta', 'blue', 'red'] as const;

/** `logs POD [-c CONTAINER | --all-containers] [-f] [-p] …`, or the logs of all pods that a selector matches. */
export const logs = async (options: LogsOptions, context: VerbContext): Promise<number> => {
  const { client, signal, io } = context;
  const targets = chooseTargets(await client.listPods({ signal }), options);
  const { follow, previous, timestamps, tailLines, sinceSeconds, sinceTime, limitBytes } = options;
  const query: LogQuery = { follow, previous, timestamps, tailLines, sinceSeconds, sinceTime, limitBytes } as LogQuery;
  if (targets.length === 1 && options.prefix !== true) {
    for await (const chunk of client.readLog(targets[0]!, query, { signal })) await write(io.stdout, chunk);
    return 0;
  }
  const colors = pc.createColors(usesColor(io.stdout, io.env));
  let failed = false;
  const readOne = async (target: ContainerTarget, index: number): Promise<void> => {
    const prefix = colors[COLOURS[index % COLOURS.length]!](withoutControls(`[${target.pod}/${target.container}]`));
    try {
      const lead = Buffer.from(`${prefix} `);
      for await (const lines of logLines(client.readLog(target, query, { signal })))
        await write(io.stdout, Buffer.concat(lines.flatMap((line) => [lead, line])));
    } catch (error) {
      if (isAbort(error)) return;
      failed = true;
      await write(io.stderr, `${target.pod}/${target.container}: ${describeError(error)}\n`);
    }
  };
  if (follow) await Promise.all(targets.map(readOne));
  else for (const [index, target] of targets.entries()) await readOne(target, index);
  return failed ? 1 : 0;
};

const chooseTargets = (pods: readonly Pod[], options: LogsOptions): readonly ContainerTarget[] => {
  const { pod: name, selector, container, namespace = DEFAULT_NAMESPACE } = options;
  if ((name === undefined) === (selector === undefined))
    throw new CliError({ code: 'CLI_USAGE', message: 'give a pod or a selector (-l)' });
  const matches = selector === undefined ? () => true : parseLabelSelector(selector);
  const chosen =
    name === undefined
      ? inNamespace(pods, ({ metadata }) => metadata?.namespace, options).filter(({ metadata }) => matches(metadata?.labels))
      : [findPod(pods, name, namespace)];
  return chosen.flatMap((pod) => {
    const names = options.allContainers ? allContainers(pod).map((one) => one.name ?? '') : [findContainer(pod, container)];
    return names.map((one) => ({ namespace: pod.metadata?.namespace ?? '', pod: pod.metadata?.name ?? '', container: one }));
  });
};
