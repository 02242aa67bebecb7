import type { Pod } from '@solo-kubelet/pod-spec';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { podManifest, script } from '../kubelet/manifests.js';
import { hasPhase, isRunning, type TestNode } from '../kubelet/node.js';

const SIGNAL = { signal: new AbortController().signal };

/** Commands of a container's shell, by a word for what they show. */
export type Look = Readonly<Record<string, string>>;

/** What a container's commands printed, to the byte, errors included. */
export type Sight = Readonly<Record<string, string>>;

/** A shell script that runs every command, whatever becomes of the one before, and marks what each prints. */
export const look = (commands: Look): string =>
  [...Object.entries(commands).map(([word, command]) => `printf '\\n@@${word}\\n'; { ${command}\n} 2>&1`), `printf '\\n@@end\\n'`].join(
    '\n',
  );

/** Ends at once when told to, and costs nothing until then. */
export const STAY = 'trap "exit 0" TERM; sleep 1000000 & wait $!';

interface ViewerSpec {
  /** Fields of the one container, `app`. */
  readonly container?: object;
  readonly [field: string]: unknown;
}

/** A pod that looks once and has done. */
export const viewer = (name: string, commands: Look, { container = {}, ...spec }: ViewerSpec = {}, metadata: object = {}): object =>
  podManifest(name, { restartPolicy: 'Never', ...spec, containers: [script('app', look(commands), container)] }, metadata);

/** A pod that looks and then stays. */
export const stayer = (name: string, commands: Look, { container = {}, ...spec }: ViewerSpec = {}, metadata: object = {}): object =>
  podManifest(name, { ...spec, containers: [script('app', `${look(commands)}\n${STAY}`, container)] }, metadata);

/** Puts one manifest file in place for each pod. */
export const dropAll = async (node: TestNode, manifests: readonly object[]): Promise<void> => {
  for (const manifest of manifests) await node.drop(`${nameOf(manifest)}.json`, JSON.stringify(manifest));
};

/** What a viewer saw. */
export const sightOf = async (node: TestNode, name: string): Promise<Sight> => {
  await node.pod(name, (pod) => hasPhase('Succeeded')(pod) || hasPhase('Failed')(pod));
  return parseSight(await fullLog(node, name));
};

/** What a stayer saw, and its pod. */
export const sightOfStayer = async (node: TestNode, name: string): Promise<{ readonly sight: Sight; readonly pod: Pod }> => {
  const pod = await node.pod(name, isRunning);
  return { sight: parseSight(await fullLog(node, name)), pod };
};

/** Why a manifest is rejected. */
export const rejectionOf = async (node: TestNode, name: string): Promise<string> => {
  const rejected = await waitFor(
    async () => (await node.api.listManifests(SIGNAL)).find(({ path, state }) => path.endsWith(`/${name}.json`) && state === 'rejected'),
    { what: `rejection of ${name}.json` },
  );
  return (rejected.issues ?? []).map(({ message }) => message).join('; ');
};

const nameOf = (manifest: object): string => (manifest as Pod).metadata.name ?? '';

const fullLog = (node: TestNode, name: string): Promise<string> =>
  waitFor(
    async () => {
      const text = await node.log(name);
      return text.endsWith('\n@@end\n') ? text : undefined;
    },
    { what: `the last line of the log of ${name}` },
  );

const parseSight = (text: string): Sight => {
  const [, ...pieces] = text.split(/^@@(\w+)\n/m);
  const words = pieces.filter((_, index) => index % 2 === 0);
  return Object.fromEntries(words.map((word, index) => [word, (pieces[index * 2 + 1] ?? '').replace(/\n$/, '')]));
};
