import { isAbort } from '@solo-kubelet/diagnostics';
import type { RunKubeletOptions } from '@solo-kubelet/kubelet';
import { runKubelet } from '@solo-kubelet/kubelet';
import { fields, flagTable, loadConfiguration, parseFlags } from '@solo-kubelet/kubelet/config';
import { acquireFileLock, createLogger } from '@solo-kubelet/kubelet/process';
import { providePodNetwork } from '@solo-kubelet/standalone-node/pod-network';
import { provideSandboxImage } from '@solo-kubelet/standalone-node/sandbox-image';
import { joinSignals } from '@solo-kubelet/timers';
import { type CliIo, print, usesColor } from '../cli-io.js';
import { lateRuntimeImages } from '../client/late-runtime-images.js';
import { PLUGINS_FROM } from '../client/plugins-from.js';
import { EXIT } from '../exit-status.js';
import { versionText } from '../version.js';

/** Runs the kubelet by the real kubelet's flags and configuration file, or prints its help or version. */
export const run = async (argv: readonly string[], io: CliIo): Promise<number> => {
  const { values } = parseFlags(argv);
  if (values.has('help')) return printed(io, flagHelp());
  if (values.has('version')) return printed(io, `${versionText()}\n`);
  const { warnings, withoutEffect, ...loaded } = await loadConfiguration(argv);
  const { config, flags } = loaded;
  const logger = createLogger({
    output: io.stderr,
    verbosity: config['logging.verbosity'],
    human: config['logging.format'] !== 'json' && io.stderr.isTTY === true,
    color: usesColor(io.stderr, io.env),
  });
  for (const warning of warnings) logger.warn({}, warning);
  if (withoutEffect.length > 0) logger.info({ fields: withoutEffect }, 'These fields have no effect without an API server');
  const options = {
    ...loaded,
    logger,
    signal: io.interrupted,
    prepareRuntime: flags.suppliesPodNetwork ? provideNetworkAndImage : provideSandboxImage,
    runtimeImages: lateRuntimeImages(config.containerRuntimeEndpoint),
    env: io.env,
    ownProcess: process,
    pluginsFrom: PLUGINS_FROM,
  };
  await (flags.lockFile === undefined ? runKubelet(options) : runLocked(flags.lockFile, options)).catch((error: unknown) => {
    // Being told to stop while it still starts is no failure either.
    if (!io.interrupted.aborted || !(isAbort(error) || error === io.interrupted.reason)) throw error;
  });
  return EXIT.done;
};

/** The network first: the runtime notices it while the image is seen to. */
const provideNetworkAndImage: NonNullable<RunKubeletOptions['prepareRuntime']> = async (cri, options) => {
  await providePodNetwork(cri, options);
  await provideSandboxImage(cri, options);
};

/** Runs the kubelet while it holds the lock file, until somebody else waits for it if that is to end it. */
const runLocked = async (lockFile: string, options: RunKubeletOptions): Promise<void> => {
  const { flags, logger, signal } = options;
  await using lock = await acquireFileLock(lockFile, { logger, signal });
  if (!flags.exitOnLockContention) return runKubelet(options);
  const contended = new AbortController();
  using joined = joinSignals([signal, contended.signal]);
  const ending = joined.signal;
  const watching = lock.contended({ signal: ending }).then(
    () => {
      logger.info({ path: lockFile }, 'Somebody waits for the lock file; ending');
      contended.abort();
    },
    (error: unknown) => {
      if (!ending.aborted) throw error;
    },
  );
  const running = runKubelet({ ...options, signal: ending })
    .catch((error: unknown) => {
      if (!contended.signal.aborted || !isAbort(error)) throw error;
    })
    .finally(() => contended.abort());
  await Promise.all([running, watching]);
};

const printed = (io: CliIo, text: string): number => {
  print(io.stdout, text);
  return EXIT.done;
};

const flagHelp = (): string => {
  const live = Object.entries(flagTable).flatMap(([name, spec]) => {
    if (spec.type === 'dead') return [];
    const what = spec.type === 'own' ? spec.usage : `${spec.field}${fields[spec.field].note === '' ? '' : ` (${fields[spec.field].note})`}`;
    return [`  ${spec.shorthand === undefined ? '    ' : `-${spec.shorthand}, `}--${name.padEnd(44)} ${what}\n`];
  });
  return `Usage: kubelet-cli run [FLAGS]\n\nFlags win over --config-dir, which wins over --config.\n\n${live.join('')}`;
};
