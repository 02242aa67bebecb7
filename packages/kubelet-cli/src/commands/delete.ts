import type { Pod } from '@solo-kubelet/pod-spec';
import { type CheckedObject, checkManifest } from '../changes/check-manifest.js';
import { removeObjects } from '../changes/edit-object.js';
import { manifestPaths, readManifest } from '../changes/manifest-files.js';
import { CliError } from '../cli-error.js';
import { write } from '../cli-io.js';
import { findPod } from '../client/find-pod.js';
import { objectName } from '../output/object-name.js';
import { DEFAULT_NAMESPACE, type VerbContext } from './verb-context.js';
import { waitUntil } from './wait.js';
import { waitUntilGone, withOwned } from './wait-until-gone.js';

export interface DeleteOptions {
  readonly pods: readonly string[];
  readonly files: readonly string[];
  readonly namespace?: string;
  readonly noWait?: boolean;
  /** Default: the longest grace period of the pods and 30 s more. */
  readonly timeoutMs?: number;
}

const MARGIN_MS = 30_000;

/** `delete pod NAME…` or `delete -f FILE…`: removes the manifest, or ends what a workload made, and waits until nothing of the pod is left. */
export const deletePods = async (options: DeleteOptions, context: VerbContext): Promise<number> => {
  const { client, io, signal } = context;
  const [pods, manifests, node] = await Promise.all([
    client.listPods({ signal }),
    client.listManifests({ signal }),
    client.getNode({ signal }) as Promise<{ readonly metadata: { readonly name: string } }>,
  ]);
  const named = options.pods.map((name) => findPod(pods, name.replace(/^pods?\//, ''), options.namespace ?? DEFAULT_NAMESPACE));
  const fromFiles: Pod[] = [];
  const objects: CheckedObject[] = [];
  for (const file of await manifestPaths(options.files)) {
    const wanted = checkManifest(await readManifest(file), { path: file, nodeName: node.metadata.name });
    objects.push(...wanted.objects);
    fromFiles.push(...wanted.pods.map(({ metadata }) => findPod(pods, metadata?.name ?? '', metadata?.namespace ?? DEFAULT_NAMESPACE)));
  }
  // One that a workload made has no manifest: it ends, and the workload makes another.
  const made = named.filter((pod) => pod.metadata.ownerReferences?.some(({ controller }) => controller) === true);
  const doomed = [...named.filter((pod) => !made.includes(pod)), ...fromFiles];
  if (named.length === 0 && doomed.length === 0 && objects.length === 0)
    throw new CliError({ code: 'CLI_USAGE', message: 'name pods, or give their manifests with -f' });
  const suffix = `-${node.metadata.name.toLowerCase()}`;
  const identities = [
    ...doomed.map(({ metadata: { namespace = DEFAULT_NAMESPACE, name = '' } }) => ({
      kind: 'Pod',
      namespace,
      name: name.endsWith(suffix) ? name.slice(0, -suffix.length) : name,
      key: `${namespace}/${name}`,
    })),
    ...objects.map(({ key, kind, name, object }) => ({
      kind: kind.kind,
      namespace: object.metadata.namespace ?? DEFAULT_NAMESPACE,
      name,
      key,
    })),
  ];
  const unique = [...new Map(identities.map((identity) => [identity.key, identity])).values()];
  const owners = objects.length === 0 ? new Set<undefined>() : await ownersIn(objects, context);
  await removeObjects(unique, manifests);
  for (const { kind, key } of unique) if (kind === 'Pod') await write(io.stdout, `pod ${key} deleted\n`);
  for (const { kind, name } of objects) await write(io.stdout, `${objectName(kind, name)} deleted\n`);
  for (const { metadata } of made) {
    await client.deletePod({ namespace: metadata.namespace ?? DEFAULT_NAMESPACE, pod: metadata.name ?? '' }, { signal });
    await write(io.stdout, `pod ${metadata.namespace}/${metadata.name} deleted\n`);
  }
  const leaving = [...doomed, ...made];
  if (options.noWait) return 0;
  const status = owners.size === 0 ? 0 : await waitUntilGone(owners, options.timeoutMs, context);
  if (leaving.length === 0) return status;
  const uids = new Set(leaving.map(({ metadata }) => metadata?.uid));
  const graceMs = Math.max(...leaving.map(({ spec }) => Number(spec?.terminationGracePeriodSeconds ?? 30))) * 1_000;
  const late = await waitUntil(client, (now) => now.every(({ metadata }) => !uids.has(metadata?.uid)), {
    signal,
    timeoutMs: options.timeoutMs ?? graceMs + MARGIN_MS,
  });
  if (late === undefined) return status;
  const left = late.filter(({ metadata }) => uids.has(metadata?.uid)).map(({ metadata }) => metadata?.name);
  await write(io.stderr, `still ending: ${left.join(', ')}\n`);
  return 1;
};

/** Objects of files as the node has them, and what they own. */
const ownersIn = async (
  objects: readonly CheckedObject[],
  { client, signal }: Pick<VerbContext, 'client' | 'signal'>,
): Promise<ReadonlySet<string | undefined>> => {
  const live = await client.listObjects({ signal });
  const meant = live.filter(({ kind, metadata }) =>
    objects.some(
      (one) =>
        one.kind.kind === kind &&
        one.name === metadata.name &&
        (!one.kind.namespaced || (one.object.metadata.namespace ?? DEFAULT_NAMESPACE) === (metadata.namespace ?? DEFAULT_NAMESPACE)),
    ),
  );
  return withOwned(new Set(meant.map(({ metadata }) => metadata.uid)), live);
};
