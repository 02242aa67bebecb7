import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ContainerState, type ContainerStatus, type CriClient, CriError, NamespaceMode } from '../src/index.js';
import { LIFE, type Life, lives, type Subject } from './contract-subject.js';

type ContainerConfigInput = Parameters<CriClient['runtime']['createContainer']>[0]['config'];

/** What the contract's tests do again and again, on one runtime; remembers the sandboxes it made. */
export const createSteps = ({ client, fake, image, hostNetwork, directory }: Subject) => {
  const made: string[] = [];
  const sandboxConfig = (name: string, attempt = 2, uid: string = randomUUID()) => ({
    metadata: { name, namespace: 'cri-test', uid, attempt },
    hostname: hostNetwork ? '' : name,
    logDirectory: join(directory, `${name}_${uid}`),
    labels: { 'test/name': name },
    annotations: { 'test/note': 'Ünaltered = "yes"' },
    linux: { securityContext: { namespaceOptions: { network: hostNetwork ? NamespaceMode.NODE : NamespaceMode.POD } } },
  });
  type SandboxConfig = ReturnType<typeof sandboxConfig>;
  const containerConfig = (name: string, life: Life, attempt = 2) => ({
    metadata: { name, attempt },
    image: { image },
    command: [...lives[life].command],
    labels: { 'test/container': name },
    annotations: { [LIFE]: life },
    logPath: `${name}.log`,
    linux: { securityContext: { namespaceOptions: { pid: NamespaceMode.CONTAINER } } },
  });
  const runSandbox = async (config: SandboxConfig): Promise<string> => {
    const { podSandboxId } = await client.runtime.runPodSandbox({ config });
    made.push(podSandboxId);
    return podSandboxId;
  };
  const createContainer = async (podSandboxId: string, config: ContainerConfigInput, sandbox: SandboxConfig) =>
    (await client.runtime.createContainer({ podSandboxId, config, sandboxConfig: sandbox })).containerId;
  const status = async (containerId: string): Promise<ContainerStatus> => {
    const { status: found } = await client.runtime.containerStatus({ containerId });
    if (found === undefined) throw new Error('no status');
    return found;
  };
  const eventually = async <T>(look: () => Promise<T>, good: (value: T) => boolean): Promise<T> => {
    for (let round = 0; ; round++) {
      const value = await look();
      if (good(value)) return value;
      if (round === 200) throw new Error(`still ${JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? Number(part) : part))}`);
      await delay(25);
    }
  };
  /** A stop of something unknown: the contract says success; containerd 1.6 answers NotFound. */
  const gone = async (stop: Promise<unknown>): Promise<void> => {
    await stop.catch((error: unknown) => {
      if (fake === undefined && CriError.is(error) && error.code === 'CRI_NOT_FOUND') return;
      throw error;
    });
  };
  return {
    sandboxConfig,
    containerConfig,
    runSandbox,
    createContainer,
    status,
    eventually,
    /** A sandbox with one container that was started. */
    startOne: async (life: Life, name = `pod-${randomUUID().slice(0, 8)}`) => {
      const sandbox = sandboxConfig(name);
      const podSandboxId = await runSandbox(sandbox);
      const containerId = await createContainer(podSandboxId, containerConfig('app', life), sandbox);
      await client.runtime.startContainer({ containerId });
      return { podSandboxId, containerId, sandbox, logPath: join(sandbox.logDirectory, 'app.log') };
    },
    exited: (containerId: string) =>
      eventually(
        () => status(containerId),
        ({ state }) => state === ContainerState.CONTAINER_EXITED,
      ),
    gone,
    removeAll: async () => {
      for (const podSandboxId of made.splice(0)) {
        await gone(client.runtime.stopPodSandbox({ podSandboxId }));
        await client.runtime.removePodSandbox({ podSandboxId });
      }
    },
  };
};
