import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import { parseManifest } from '@solo-kubelet/pod-spec';

/** A container runtime in memory: it does as if, and runs nothing. */
export interface MemoryNode extends AsyncDisposable {
  readonly endpoint: string;
  readonly kubeletRoot: string;
  readonly podLogs: string;
  readonly apiSocket: string;
}

/** Starts it with every image that the manifests name. */
export const startMemoryNode = async (manifests: string): Promise<MemoryNode> => {
  const directory = await mkdtemp(join(tmpdir(), 'solo-memory-'));
  const [kubeletRoot, podLogs] = [join(directory, 'kubelet'), join(directory, 'pod-logs')];
  for (const path of [kubeletRoot, podLogs]) await mkdir(path);
  const fake = await createFakeCri({
    runtimeName: 'memory',
    runtimeVersion: 'simulation',
    containerdEvents: false,
    registry: (await imagesOf(manifests)).map((image) => ({ tags: [image] })),
  });
  return {
    endpoint: fake.endpoint,
    kubeletRoot,
    podLogs,
    apiSocket: join(directory, 'kubelet.sock'),
    [Symbol.asyncDispose]: async () => {
      await fake[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

const imagesOf = async (manifests: string): Promise<readonly string[]> => {
  const names = (await readdir(manifests)).filter((name) => !name.startsWith('.'));
  const texts = await Promise.all(names.map((name) => readFile(join(manifests, name), 'utf8').catch(() => '')));
  const images = texts.flatMap((text, index) =>
    parseManifest(text, { path: names[index]!, nodeName: 'memory' }).documents.flatMap(({ result }) => {
      const spec = result.pod?.spec;
      return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ image }) => image ?? '');
    }),
  );
  return [...new Set(images.filter((image) => image !== ''))];
};
