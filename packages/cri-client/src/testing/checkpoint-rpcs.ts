import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { ContainerState, PodSandboxState } from '@solo-kubelet/cri-types';
import { ContainerConfig, type RuntimeServiceDefinition } from '../gen/cri-v1.js';
import { completeSandboxConfig, type FakeRuntime } from './fake-runtime.js';
import type { ContainerRecord } from './records.js';
import { RpcError } from './rpc-error.js';
import type { ServiceImplementation } from './rpc-server.js';

type Checkpoints = Pick<ServiceImplementation<typeof RuntimeServiceDefinition>, 'checkpointPod' | 'restorePod'>;

/** What this runtime makes of a checkpoint: its containers by name, as they were asked for. The format is its own. */
interface Checkpoint {
  readonly containers: Readonly<Record<string, string>>;
}

const CHECKPOINT_FILE = 'fake-cri-checkpoint.json';

const invalid = (message: string): RpcError => new RpcError('INVALID_ARGUMENT', message);

const refuseOptions = (options: Readonly<Record<string, string>>): void => {
  const [key] = Object.keys(options);
  if (key !== undefined) throw invalid(`option ${key} is not supported`);
};

const nameOf = ({ metadata }: ContainerConfig): string => metadata?.name ?? '';
const namesOf = (configs: readonly ContainerConfig[]): string => configs.map(nameOf).sort().join(', ');

/** The part of a container that a checkpoint holds fast: another process cannot go on in its place. */
const processOf = ({ image, command, args, workingDir, envs }: ContainerConfig): string =>
  JSON.stringify([
    image?.image ?? '',
    command,
    args,
    workingDir,
    envs.map(({ key, value }) => [key, Buffer.from(value).toString('base64')]),
  ]);

export const checkpointRpcs = (runtime: FakeRuntime): Checkpoints => ({
  checkpointPod: ({ podSandboxId, outputPath, containerIds, options }) => {
    const sandbox = runtime.sandbox(podSandboxId);
    if (sandbox.state !== PodSandboxState.SANDBOX_READY) throw new RpcError('FAILED_PRECONDITION', `sandbox ${sandbox.id} is not running`);
    if (containerIds.length === 0 || new Set(containerIds).size < containerIds.length)
      throw invalid('container_ids must be some, each once');
    refuseOptions(options);
    if (!isAbsolute(outputPath) || !existsSync(outputPath) || readdirSync(outputPath).length > 0)
      throw invalid(`output_path ${outputPath} must be an empty directory`);
    const chosen = containerIds.map((id) => runtime.container(id));
    for (const { id, sandbox: owner, state } of chosen) {
      if (owner !== sandbox || state !== ContainerState.CONTAINER_RUNNING)
        throw new RpcError('FAILED_PRECONDITION', `container ${id} does not run in sandbox ${sandbox.id}`);
    }
    const encode = ({ config }: ContainerRecord): string => Buffer.from(ContainerConfig.encode(config).finish()).toString('base64');
    const checkpoint: Checkpoint = { containers: Object.fromEntries(chosen.map((record) => [nameOf(record.config), encode(record)])) };
    writeFileSync(join(outputPath, CHECKPOINT_FILE), JSON.stringify(checkpoint), { flag: 'wx' });
    return {};
  },
  restorePod: ({ checkpointPath, config, runtimeHandler, options, containerConfigs }) => {
    refuseOptions(options);
    const path = join(checkpointPath, CHECKPOINT_FILE);
    if (!isAbsolute(checkpointPath) || !existsSync(path)) throw invalid(`there is no checkpoint in ${checkpointPath}`);
    const { containers } = JSON.parse(readFileSync(path, 'utf8')) as Checkpoint;
    const kept = new Map(Object.entries(containers).map(([name, bytes]) => [name, ContainerConfig.decode(Buffer.from(bytes, 'base64'))]));
    if (namesOf(containerConfigs) !== namesOf([...kept.values()]))
      throw invalid(`the checkpoint has the containers ${namesOf([...kept.values()])}, not ${namesOf(containerConfigs)}`);
    const other = containerConfigs.find((wanted) => processOf(wanted) !== processOf(kept.get(nameOf(wanted)) ?? wanted));
    if (other !== undefined) throw invalid(`container ${nameOf(other)} is another process than that of the checkpoint`);
    const sandboxConfig = config ?? completeSandboxConfig({});
    const sandbox = runtime.runSandbox(sandboxConfig, runtimeHandler);
    try {
      const restored = containerConfigs.map((wanted) => runtime.createContainer(sandbox.id, wanted, sandboxConfig));
      return {
        podSandboxId: sandbox.id,
        restoredContainers: restored.map(({ id, config: made }) => ({ name: nameOf(made), containerId: id })),
      };
    } catch (error) {
      runtime.removeSandbox(sandbox.id);
      throw error;
    }
  },
});
