import type { ImagePullCredentials, ImagePullSecret, ImagePullServiceAccount } from '@solo-kubelet/reconciler/cri';
import type { PulledRecord } from './pull-record.js';

/**
 * A record with what an image was given for now, or undefined where that says nothing new. What every Pod may have stays so. Upstream:
 * pulledRecordMergeNewCreds in pkg/kubelet/images/pullmanager/image_pull_manager.go.
 */
export const mergeCredentials = (
  record: PulledRecord,
  name: string,
  added: ImagePullCredentials,
  nowMs: number,
): PulledRecord | undefined => {
  const secrets = added.kubernetesSecrets ?? [];
  const accounts = added.kubernetesServiceAccounts ?? [];
  if (added.nodePodsAccessible !== true && secrets.length === 0 && accounts.length === 0) return undefined;
  const known = record.credentials.get(name);
  const merged = known === undefined ? added : mergeInto(known, added);
  if (merged === undefined) return undefined;
  return { ...record, lastUpdatedMs: nowMs, credentials: new Map([...record.credentials, [name, merged]]) };
};

const mergeInto = (known: ImagePullCredentials, added: ImagePullCredentials): ImagePullCredentials | undefined => {
  if (known.nodePodsAccessible === true) return undefined;
  if (added.nodePodsAccessible === true) return { nodePodsAccessible: true };
  if (added.kubernetesSecrets !== undefined && added.kubernetesSecrets.length > 0) {
    const kubernetesSecrets = mergeSecrets(known.kubernetesSecrets ?? [], added.kubernetesSecrets);
    return kubernetesSecrets && { ...known, kubernetesSecrets };
  }
  const kubernetesServiceAccounts = mergeAccounts(known.kubernetesServiceAccounts ?? [], added.kubernetesServiceAccounts ?? []);
  return kubernetesServiceAccounts && { ...known, kubernetesServiceAccounts };
};

/** One of each Secret, with the newer hash; undefined: nothing new. */
const mergeSecrets = (known: readonly ImagePullSecret[], added: readonly ImagePullSecret[]): readonly ImagePullSecret[] | undefined => {
  const all = new Map(known.map((secret) => [keyOf(secret), secret]));
  const news = added.filter((secret) => all.get(keyOf(secret))?.credentialHash !== secret.credentialHash);
  for (const secret of news) all.set(keyOf(secret), secret);
  return news.length === 0 ? undefined : [...all.values()].sort(byCoordinates);
};

const mergeAccounts = (
  known: readonly ImagePullServiceAccount[],
  added: readonly ImagePullServiceAccount[],
): readonly ImagePullServiceAccount[] | undefined => {
  const all = new Map(known.map((account) => [keyOf(account), account]));
  const news = added.filter((account) => !all.has(keyOf(account)));
  for (const account of news) all.set(keyOf(account), account);
  return news.length === 0 ? undefined : [...all.values()].sort(byCoordinates);
};

const keyOf = ({ namespace, name, uid }: ImagePullServiceAccount): string => JSON.stringify([namespace, name, uid]);

const byCoordinates = (a: ImagePullServiceAccount, b: ImagePullServiceAccount): number =>
  compare(a.namespace, b.namespace) || compare(a.name, b.name) || compare(a.uid, b.uid);
const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
