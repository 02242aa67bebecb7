import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createCriClient, missingCalls } from '@solo-kubelet/cri-client';
import { loadConfiguration, releaseChanges } from '@solo-kubelet/kubelet/config';
import type { Finding } from '@solo-kubelet/standalone-node/doctor';
import { MANIFEST_DIRECTORY } from '@solo-kubelet/standalone-node/install';
import { CliError } from '../cli-error.js';
import type { CliIo } from '../cli-io.js';
import { runningConfiguration, runtimeEndpoint, usualEndpoint } from '../client/connect.js';
import { type CommandInput, textOption } from '../command.js';
import { judgeUpgrade, type UpgradeFacts } from '../upgrade/judge-upgrade.js';

/** Larger files are no manifests for a kubelet. */
const MAX_MANIFEST_BYTES = 10 * 1024 * 1024;
/** For all that the runtime is asked, ms. */
const RUNTIME_TIMEOUT_MS = 10_000;

/**
 * What the kubelet of a later release makes of this machine's manifests, flags and configuration.
 * @throws CliError CLI_USAGE for a release that is not known; KubeletError of flags and a configuration that this kubelet does not take either
 */
export const findingsFor = async (asked: string, input: CommandInput, io: CliIo): Promise<readonly Finding[]> => {
  const release = /^v?(\d+\.\d+)(?:\.\d+)?$/.exec(asked)?.[1] ?? asked;
  const changes = Object.hasOwn(releaseChanges, release) ? releaseChanges[release] : undefined;
  if (changes === undefined) {
    const known = Object.keys(releaseChanges).join(', ');
    throw new CliError({ code: 'CLI_USAGE', message: `nothing is known of Kubernetes ${asked}`, hint: `Known releases: ${known}.` });
  }
  const { settings, flags, directory } = await settingsOf(input, io);
  return judgeUpgrade({
    release,
    changes,
    settings,
    flags,
    manifests: await readManifests((await namedManifests(input)) ?? directory),
    missingCalls: await callsOfRuntime(input, io),
  });
};

interface Settings extends Pick<UpgradeFacts, 'settings' | 'flags'> {
  readonly directory: string;
}

/** As the flags that are given after `--` say it, else as the kubelet that runs tells it. */
const settingsOf = async (input: CommandInput, io: CliIo): Promise<Settings> => {
  if (input.operands.length > 0) {
    const { config, flags } = await loadConfiguration(input.operands);
    const { featureGates, memoryThrottlingFactor, staticPodPath } = config;
    return {
      settings: { featureGates, memoryThrottlingFactor },
      flags: Object.keys(flags.given),
      directory: staticPodPath === '' ? MANIFEST_DIRECTORY : staticPodPath,
    };
  }
  const running = await runningConfiguration(input, io).catch(() => undefined);
  if (running === undefined) return { settings: undefined, flags: undefined, directory: MANIFEST_DIRECTORY };
  const { featureGates = {}, memoryThrottlingFactor, staticPodPath } = running;
  return {
    settings: { featureGates: featureGates as Readonly<Record<string, boolean>>, memoryThrottlingFactor },
    flags: undefined,
    directory: typeof staticPodPath === 'string' && staticPodPath !== '' ? staticPodPath : MANIFEST_DIRECTORY,
  };
};

/** @throws CliError CLI_NOT_FOUND where nothing is at the place that was named */
const namedManifests = async (input: CommandInput): Promise<string | undefined> => {
  const named = textOption(input, 'manifests');
  if (named !== undefined)
    await stat(named).catch((cause: unknown) => {
      throw new CliError({ code: 'CLI_NOT_FOUND', message: `cannot read ${named}`, cause });
    });
  return named;
};

/** The files of a directory as the kubelet takes them: not those with a dot in front, and nothing below. */
const readManifests = async (path: string): Promise<UpgradeFacts['manifests']> => {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOTDIR' ? undefined : []));
  const paths =
    names === undefined
      ? [path]
      : names
          .filter((name) => !name.startsWith('.'))
          .sort()
          .map((name) => join(path, name));
  const manifests: { path: string; text: Uint8Array }[] = [];
  for (const each of paths) {
    const found = await stat(each).catch(() => undefined);
    if (found?.isFile() && found.size < MAX_MANIFEST_BYTES) manifests.push({ path: each, text: await readFile(each) });
  }
  return manifests;
};

const callsOfRuntime = async (input: CommandInput, io: CliIo): Promise<readonly string[] | undefined> => {
  const endpoint = await runtimeEndpoint(input, io).catch(usualEndpoint);
  await using cri = createCriClient({ endpoint, timeoutMs: RUNTIME_TIMEOUT_MS });
  return await missingCalls(cri, { signal: io.interrupted }).catch(() => undefined);
};
