import type { ImagePullCredentials, ImagePullSecret, PodPullCredentials } from '@solo-kubelet/reconciler/cri';

/** Values of the label `result` of `kubelet_imagemanager_image_mustpull_checks_total`. */
export type PullCheckResult = 'credentialPolicyAllowed' | 'credentialRecordFound' | 'mustAuthenticate' | 'error';

/** What a record says of an image before a Pod's own credentials are asked for; undefined: they have to be. */
export const judgeRecord = (recorded: ImagePullCredentials | undefined): PullCheckResult | undefined => {
  if (recorded === undefined) return 'mustAuthenticate';
  if (recorded.nodePodsAccessible === true) return 'credentialRecordFound';
  const owners = (recorded.kubernetesSecrets?.length ?? 0) + (recorded.kubernetesServiceAccounts?.length ?? 0);
  return owners === 0 ? 'mustAuthenticate' : undefined;
};

/** `remember`: a Secret of the Pod's that the record does not have as it is now, and by which the Pod may have the image. */
export interface AccessVerdict {
  readonly result: PullCheckResult;
  readonly remember?: ImagePullSecret;
}

/** Secrets beyond this many are not added to a record while access is judged: namespaces that come and go would let it grow for ever. */
const MOST_REMEMBERED = 100;

/**
 * Whether credentials that a Pod brings are among those that an image was pulled with: the very same, or those of the same Secret, whose content has
 * changed since, or of the same service account. Upstream: MustAttemptImagePull in pkg/kubelet/images/pullmanager/image_pull_manager.go.
 */
export const judgeCredentials = (recorded: ImagePullCredentials, { secrets, serviceAccount }: PodPullCredentials): AccessVerdict => {
  const known = recorded.kubernetesSecrets ?? [];
  const hasRoom = known.length < MOST_REMEMBERED;
  for (const secret of secrets) {
    for (const each of known) {
      const sameContent = each.credentialHash !== '' && each.credentialHash === secret.credentialHash;
      const sameSecret = each.uid === secret.uid && each.namespace === secret.namespace && each.name === secret.name;
      if (sameContent) return { result: 'credentialRecordFound', ...(!sameSecret && hasRoom && { remember: secret }) };
      if (sameSecret && hasRoom) return { result: 'credentialRecordFound', remember: secret };
    }
  }
  const isAccount = recorded.kubernetesServiceAccounts?.some(
    ({ uid, namespace, name }) => uid === serviceAccount?.uid && namespace === serviceAccount.namespace && name === serviceAccount.name,
  );
  return { result: isAccount === true ? 'credentialRecordFound' : 'mustAuthenticate' };
};
