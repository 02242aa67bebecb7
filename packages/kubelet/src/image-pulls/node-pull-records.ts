import type { CriClient } from '@solo-kubelet/cri-client';
import type { KubeletMetrics } from '@solo-kubelet/node-api';
import { parseImageReference } from '@solo-kubelet/pod-spec';
import type { RuntimeImages } from '@solo-kubelet/verified-source';
import { isGateEnabled } from '../config/feature-gates.js';
import type { RunKubeletOptions } from '../run-kubelet-options.js';
import type { VerificationPolicy } from './core/verification-policy.js';
import { imagePullRecords, type NodePullRecords } from './image-pull-records.js';
import { imageIdOf } from './mark-preloaded.js';

/** The records of this node as its configuration has them, brought up to date with what is there; undefined: the feature is off. */
export const nodePullRecords = async (
  { config, flags, logger, signal, clock = Date }: RunKubeletOptions,
  { cri, metrics }: { readonly cri: CriClient; readonly metrics: Pick<KubeletMetrics, 'imageAccessChecked'> },
): Promise<NodePullRecords | undefined> => {
  if (!isGateEnabled(config.featureGates, 'KubeletEnsureSecretPulledImages')) return undefined;
  const records = imagePullRecords({
    rootDirectory: flags.rootDirectory,
    policy: config.imagePullCredentialsVerificationPolicy as VerificationPolicy, // validated
    allowlist: config.preloadedImagesVerificationAllowlist,
    wallNow: () => clock.now(),
    logger,
    onCheck: metrics.imageAccessChecked,
  });
  await records.restore(async (image) => {
    const pullName = parseImageReference(image)?.pullName;
    return pullName === undefined ? undefined : imageIdOf(cri, pullName, { signal });
  });
  return records;
};

/** What loads the images that manifests bring along, so that they count as such that came without a pull. */
export const preloading = (
  images: RuntimeImages | undefined,
  { cri, records }: { readonly cri: CriClient; readonly records: Pick<NodePullRecords, 'preload'> | undefined },
): RuntimeImages | undefined => {
  if (images === undefined || records === undefined) return images;
  const note = async (name: string, { signal }: { readonly signal: AbortSignal }): Promise<void> => {
    const imageRef = await imageIdOf(cri, name, { signal });
    if (imageRef !== undefined) await records.preload(imageRef, [name]);
  };
  return {
    ...images,
    load: async (image, options) => {
      await images.load(image, options);
      await note(image.name, options);
    },
    loadArchive: async (archive, options) => {
      await images.loadArchive(archive, options);
      await note(archive.name, options);
    },
  };
};
