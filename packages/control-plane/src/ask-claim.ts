import { type ApiClient, apiPath, isNotFound } from '@solo-kubelet/cluster-client';
import type { ClaimAnswer, PodObjects } from '@solo-kubelet/pod-environment';
import { type ClaimObject, claimedVolume, type VolumeObject } from './core/claimed-volume.js';

/** Of which answers are remembered at most. */
const MAX_ANSWERS = 4_096;

/**
 * Asks the server for the volume of a claim: a node may read claims and volumes, not watch them. A claim that is bound stays so, and is not asked for again
 * for the same pod.
 */
export const askClaim = (api: Pick<ApiClient, 'request'>): PodObjects['claim'] => {
  const answers = new Map<string, ClaimAnswer>();
  return async ({ pod, claimName, volumeName, ephemeral }, { signal } = {}) => {
    const { uid, namespace } = pod.metadata;
    const key = `${uid}/${claimName}`;
    const known = answers.get(key);
    if (known !== undefined) return known;
    const read = <T>(path: string): Promise<T | undefined> => api.request<T>({ method: 'GET', path, signal }).catch(orUndefined);
    const claim = await read<ClaimObject>(apiPath('api/v1/namespaces', namespace, 'persistentvolumeclaims', claimName));
    const name = claim?.spec.volumeName;
    const volume = name ? await read<VolumeObject>(apiPath('api/v1/persistentvolumes', name)) : undefined;
    const answer = claimedVolume({ claim, volume, claimName, volumeName, namespace, ...(ephemeral ? { ownerUid: uid } : {}) });
    if (answer.ok) answers.set(key, answer);
    for (const oldest of answers.keys()) {
      if (answers.size <= MAX_ANSWERS) break;
      answers.delete(oldest);
    }
    return answer;
  };
};

const orUndefined = (error: unknown): undefined => {
  if (!isNotFound(error)) throw error;
  return undefined;
};
