import { join } from 'node:path';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import type { ImagePullCredentials, ImagePullRecords, PresentImage } from '@solo-kubelet/reconciler/cri';
import { createKeyedQueue } from '@solo-kubelet/timers/turns';
import { judgeCredentials, judgeRecord, type PullCheckResult } from './core/judge-access.js';
import { mergeCredentials } from './core/merge-credentials.js';
import { addRepositories, isPulledUnder, repositoriesOf } from './core/preloaded-image.js';
import type { PulledRecord } from './core/pull-record.js';
import { type VerificationPolicy, verificationRule, withoutTagAndDigest } from './core/verification-policy.js';
import { type RecordProblem, recordFiles } from './record-files.js';

export interface ImagePullRecordsOptions {
  /** The kubelet's: records are below `image_manager` there. */
  readonly rootDirectory: string;
  readonly policy: VerificationPolicy;
  /** `preloadedImagesVerificationAllowlist`, without faults. */
  readonly allowlist: readonly string[];
  /** Unix ms. */
  readonly wallNow: () => number;
  readonly logger: Logger;
  /** Told how every question whether a Pod may have an image was answered. Default: nobody. */
  readonly onCheck?: (result: PullCheckResult) => void;
}

export interface NodePullRecords extends ImagePullRecords {
  /**
   * What pulls of an earlier process have left: of an image that is there it is not known who may have it; of any other there is nothing to know.
   * `find`: the runtime's id of an image, undefined where it has none. Once, before any pull. Never rejects.
   */
  restore(find: (image: string) => Promise<string | undefined>): Promise<void>;
  /** Forgets images that are gone: those that were last pulled before `untilMs` (Unix ms), a time before the images were listed. Never rejects. */
  prune(imageRefs: ReadonlySet<string>, untilMs: number): Promise<void>;
  /** The kubelet has put an image on the machine that came with manifests: it is one that came without a pull. Never rejects. */
  preload(imageRef: string, names: readonly string[]): Promise<void>;
  /** Files on the disk. */
  count(): Promise<{ readonly intents: number; readonly records: number }>;
}

/** Records keep whole seconds: one may be this much younger than it says, ms. */
const SECOND_MS = 1_000;

/** The records of this node's pulls, and the rule by which Pods have images. Upstream: pkg/kubelet/images/pullmanager/image_pull_manager.go. */
export const imagePullRecords = ({
  rootDirectory,
  policy,
  allowlist,
  wallNow,
  logger,
  onCheck = () => {},
}: ImagePullRecordsOptions): NodePullRecords => {
  const files = recordFiles(join(rootDirectory, 'image_manager'));
  const requiresVerification = verificationRule(policy, allowlist);
  const queue = createKeyedQueue();
  /** Pulls under way, by image. */
  const pulls = new Map<string, number>();
  const ofImage = (image: string): string => `image ${image}`;
  const ofRef = (imageRef: string): string => `ref ${imageRef}`;

  const onProblem: RecordProblem = (path, error) =>
    logger.warn({ path, err: describeError(error) }, 'A record of an image pull cannot be read; it is left alone');

  /** A file that is none is written over. */
  const recordForUpdate = async (imageRef: string): Promise<PulledRecord | undefined> => {
    try {
      return await files.readRecord(imageRef);
    } catch (error) {
      logger.warn({ imageRef, err: describeError(error) }, 'A record of an image pull cannot be read; it is written anew');
      return undefined;
    }
  };

  /** Credentials of nobody only say that the kubelet has pulled the image under this name. */
  const note = async (image: string, imageRef: string, credentials: ImagePullCredentials): Promise<void> => {
    const name = withoutTagAndDigest(image) ?? image;
    const known = await recordForUpdate(imageRef);
    const nowMs = wallNow();
    const record = known ?? { lastUpdatedMs: nowMs, imageRef, credentials: new Map() };
    const changed = record.credentials.has(name)
      ? mergeCredentials(record, name, credentials, nowMs)
      : { ...record, lastUpdatedMs: nowMs, credentials: new Map([...record.credentials, [name, credentials]]) };
    if (changed !== undefined) await files.writeRecord(changed);
  };

  const endPull = async (image: string): Promise<void> => {
    const left = (pulls.get(image) ?? 1) - 1;
    if (left > 0) pulls.set(image, left);
    else {
      await files.removeIntent(image);
      pulls.delete(image);
    }
  };

  const isPreloaded = async (image: string, imageRef: string): Promise<boolean> => {
    const names = (await files.readPreloaded(imageRef))?.repositories;
    return names !== undefined && repositoriesOf([image]).some((name) => names.includes(name));
  };

  const addPreloaded = async (imageRef: string, repositories: readonly string[]): Promise<void> => {
    const added = addRepositories(await files.readPreloaded(imageRef), imageRef, repositories, wallNow());
    if (added !== undefined) await files.writePreloaded(added);
  };

  /** A pull or the rest of one: whatever has come by it is not there without it. */
  const hasIntent = async (image: string): Promise<boolean> => (pulls.get(image) ?? 0) > 0 || files.hasIntent(image);

  const isKnownAsPulled = async (image: string, { id, names }: PresentImage): Promise<boolean> => {
    try {
      return isPulledUnder(await files.readRecord(id), image, names) || (await hasIntent(image));
    } catch {
      return true; // a file that cannot be read may say so
    }
  };

  const check = async (
    image: string,
    { id: imageRef, names }: PresentImage,
    ofPod: Parameters<ImagePullRecords['mustPull']>[2],
  ): Promise<PullCheckResult> => {
    let record: PulledRecord | undefined;
    let pulledByKubelet: boolean;
    try {
      [record, pulledByKubelet] = await queue([ofRef(imageRef), ofImage(image)], async () => {
        const found = await files.readRecord(imageRef);
        const isPulled = isPulledUnder(found, image, names) || (await hasIntent(image));
        return [found, isPulled && !(await isPreloaded(image, imageRef))] as const;
      });
    } catch (error) {
      logger.warn({ image, imageRef, err: describeError(error) }, 'The record of an image pull cannot be read: it is pulled again');
      return 'error';
    }
    if (!requiresVerification(image, pulledByKubelet)) return 'credentialPolicyAllowed';
    const recorded = record?.credentials.get(withoutTagAndDigest(image) ?? image);
    const judged = judgeRecord(recorded);
    if (judged !== undefined || recorded === undefined) return judged ?? 'mustAuthenticate';
    const { result, remember } = judgeCredentials(recorded, await ofPod());
    if (remember !== undefined)
      await queue([ofRef(imageRef)], () => note(image, imageRef, { kubernetesSecrets: [remember] })).catch((error: unknown) =>
        logger.warn({ image, imageRef, err: describeError(error) }, 'The record of an image pull cannot be written'),
      );
    return result;
  };

  return {
    intend: (image, present) =>
      queue([...(present === undefined ? [] : [ofRef(present.id)]), ofImage(image)], async () => {
        if (present !== undefined && !(await isKnownAsPulled(image, present))) await addPreloaded(present.id, repositoriesOf([image]));
        await files.writeIntent(image);
        pulls.set(image, (pulls.get(image) ?? 0) + 1);
      }),
    pulled: async (image, imageRef, credentials) => {
      try {
        await queue([ofRef(imageRef)], () => note(image, imageRef, credentials));
        await queue([ofImage(image)], () => endPull(image));
      } catch (error) {
        logger.warn({ image, imageRef, err: describeError(error) }, 'The record of an image pull cannot be written');
      }
    },
    failed: async (image) => {
      await queue([ofImage(image)], () => endPull(image)).catch((error: unknown) =>
        logger.warn({ image, err: describeError(error) }, 'The intent of an image pull cannot be removed'),
      );
    },
    mustPull: async (image, present, ofPod) => {
      let result: PullCheckResult = 'error';
      try {
        // Where nothing is asked for, no record that cannot be read stands in the way.
        result = policy === 'NeverVerify' ? 'credentialPolicyAllowed' : await check(image, present, ofPod);
        return result === 'mustAuthenticate' || result === 'error';
      } finally {
        onCheck(result);
      }
    },
    restore: async (find) => {
      try {
        await files.tidy(onProblem);
        for (const image of await files.listIntents(onProblem)) {
          const imageRef = await find(image);
          if (imageRef !== undefined && !(await isPreloaded(image, imageRef))) await note(image, imageRef, {});
          await endPull(image);
        }
      } catch (error) {
        logger.warn({ err: describeError(error) }, 'Records of earlier image pulls cannot be brought up to date');
      }
    },
    prune: async (imageRefs, untilMs) => {
      try {
        for (const { imageRef } of await files.listRecords(onProblem)) {
          if (imageRefs.has(imageRef)) continue;
          await queue([ofRef(imageRef)], async () => {
            const record = await files.readRecord(imageRef);
            if (record !== undefined && record.lastUpdatedMs + SECOND_MS <= untilMs) await files.removeRecord(imageRef);
          });
        }
        for (const { imageRef, lastUpdatedMs } of await files.listPreloaded()) {
          if (!imageRefs.has(imageRef) && lastUpdatedMs < untilMs) await queue([ofRef(imageRef)], () => files.removePreloaded(imageRef));
        }
      } catch (error) {
        logger.warn({ err: describeError(error) }, 'Records of images that are gone cannot be removed');
      }
    },
    preload: (imageRef, names) =>
      queue([ofRef(imageRef)], () => addPreloaded(imageRef, repositoriesOf(names))).catch((error: unknown) =>
        logger.warn({ imageRef, err: describeError(error) }, 'It cannot be noted that an image came without a pull'),
      ),
    count: files.count,
  };
};
