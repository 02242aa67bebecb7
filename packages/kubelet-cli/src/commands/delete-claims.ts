import { delay } from '@solo-kubelet/timers';
import { removeObjects } from '../changes/edit-object.js';
import { manifestKey } from '../changes/manifest-files.js';
import { CliError } from '../cli-error.js';
import { write } from '../cli-io.js';
import { DEFAULT_NAMESPACE, type VerbContext } from './verb-context.js';

export interface DeleteClaimsOptions {
  readonly names: readonly string[];
  readonly namespace?: string;
  /** Whether what was stored goes, too. */
  readonly data: boolean;
}

/** How long the kubelet may take to notice that a manifest has gone, ms. */
const NOTICE_MS = 10_000;
const POLL_MS = 200;
/** What the kubelet says until then. */
const STILL_ASKED_FOR = 'is asked for by a manifest';

/** `delete pvc NAME… [--data]`: takes claims out of the manifests, and what was stored in them off the disk only when told to. */
export const deleteClaims = async (options: DeleteClaimsOptions, { client, io, signal }: VerbContext): Promise<number> => {
  const { names, namespace = DEFAULT_NAMESPACE, data } = options;
  if (names.length === 0) throw new CliError({ code: 'CLI_USAGE', message: 'delete which claim?' });
  const manifests = await client.listManifests({ signal });
  for (const name of names) {
    const key = `PersistentVolumeClaim/${namespace}/${name}`;
    const manifest = manifests.find((one) => manifestKey(one) === key);
    if (manifest === undefined && !data) {
      throw new CliError({
        code: 'CLI_REFUSED',
        message: `persistentvolumeclaim "${name}" has no manifest on this node`,
        hint: 'What a workload made goes with --data.',
      });
    }
    if (manifest !== undefined) {
      const users = data ? await usersOf(name, namespace, { client, signal }) : [];
      if (users.length > 0) {
        throw new CliError({ code: 'CLI_REFUSED', message: `persistentvolumeclaim "${name}" is used by pod ${users.join(', ')}` });
      }
      // Another one may have been taken out of the same file a moment ago.
      await removeObjects([{ kind: 'PersistentVolumeClaim', namespace, name, key }], await client.listManifests({ signal }));
    }
    if (data) {
      const path = await discard({ namespace, name }, client, signal);
      await write(io.stdout, `persistentvolumeclaim "${name}" deleted, and the data in ${path}\n`);
    } else await write(io.stdout, `persistentvolumeclaim "${name}" deleted; its data is kept\n`);
  }
  return 0;
};

/** Nothing is taken away from a Pod: not the file, and not the data. */
const usersOf = async (
  claimName: string,
  namespace: string,
  { client, signal }: Pick<VerbContext, 'client' | 'signal'>,
): Promise<readonly string[]> =>
  (await client.listPods({ signal }))
    .filter(
      ({ metadata, spec, status }) =>
        metadata.namespace === namespace &&
        status?.phase !== 'Succeeded' &&
        status?.phase !== 'Failed' &&
        spec.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claimName),
    )
    .map(({ metadata }) => metadata.name);

const discard = async (
  claim: { readonly namespace: string; readonly name: string },
  client: VerbContext['client'],
  signal: AbortSignal,
): Promise<string> => {
  for (let leftMs = NOTICE_MS; ; leftMs -= POLL_MS) {
    try {
      return await client.discardClaim(claim, { signal });
    } catch (error) {
      if (leftMs <= 0 || !(error instanceof Error) || !error.message.includes(STILL_ASKED_FOR)) throw error;
    }
    await delay(POLL_MS, undefined, { signal });
  }
};
