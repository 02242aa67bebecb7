import { type CriClient, CriError, type Image, type PodSandboxConfig } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import type { ImageFacts } from '@solo-kubelet/pod-environment';
import { parseImageReference } from '@solo-kubelet/pod-spec';
import { delay, joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import type { Limiter } from '@solo-kubelet/timers/turns';
import { type BackoffEntry, growBackoff } from '../../core/crash-backoff.js';
import type { PodUid } from '../../core/pod-identity.js';
import type { Reporting, StepFailure, StepResult } from '../../runtime-port.js';
import { type ImageCredentials, type PullSecrets, podCredentials, recordedCredentials, type TrackedAuth } from './image-credentials.js';
import type { ImagePullRecords, PresentImage } from './pull-records.js';

export interface EnsureImageInput {
  readonly podUid: PodUid;
  readonly containerName: string;
  readonly image: string;
  readonly pullPolicy: string | undefined;
  readonly podAnnotations: Readonly<Record<string, string>>;
  readonly pullSecrets?: PullSecrets;
  readonly sandboxConfig: PodSandboxConfig | undefined;
}

export interface ImagePuller {
  ensure(input: EnsureImageInput, options: Reporting): Promise<StepResult<ImageFacts>>;
  forget(podUid: PodUid): void;
}

/** What became of one look for an image; undefined: it was not found out. */
export interface ImageRequest {
  readonly pullPolicy: string;
  /** Undefined where nobody looked: the policy is Always. */
  readonly present: boolean | undefined;
  readonly pullRequired: boolean | undefined;
}

export interface ImagePullerOptions {
  readonly cri: CriClient;
  readonly credentials: ImageCredentials | undefined;
  /** Undefined: every Pod may have what is on the machine. */
  readonly records: ImagePullRecords | undefined;
  /** Told of every image that a container asks for. */
  readonly onRequest: (request: ImageRequest) => void;
  readonly limiter: Limiter;
  /** Takes a place in the queue of pulls and gives the time until it comes up, ms. */
  readonly acquire: () => number;
  readonly initialMs: number;
  readonly maxMs: number;
  /** 0: none. */
  readonly timeoutMs: number;
  readonly now: () => number;
}

interface PullFailure extends BackoffEntry {
  readonly message: string;
}

/** A failure is forgotten after this long without another, ms (client-go flowcontrol/backoff.go). */
const RESET_AFTER_MS = 600_000;
/** For how long a fresh failure is shown by its own reason before it reads ImagePullBackOff, ms. */
const SHOW_FAILURE_MS = 5_000;

/** Images as pull policies want them. Upstream: pkg/kubelet/images/image_manager.go. */
export const createImagePuller = ({
  cri,
  credentials,
  records,
  onRequest,
  limiter,
  acquire,
  initialMs,
  maxMs,
  timeoutMs,
  now,
}: ImagePullerOptions): ImagePuller => {
  /** By pod uid and image. */
  const failures = new Map<string, PullFailure>();

  const find = async (pullName: string, signal: AbortSignal): Promise<Image | undefined> =>
    (await cri.images.imageStatus({ image: { image: pullName }, verbose: false }, { signal })).image;

  /** The image, and whose credentials the registry took. */
  const pullWithAny = async (pullName: string, found: readonly TrackedAuth[], input: EnsureImageInput, signal: AbortSignal) => {
    using limit = joinSignals([signal, timeoutMs > 0 ? timeoutSignal(timeoutMs) : undefined]);
    let lastError: unknown;
    for (const used of found.length > 0 ? found : [undefined]) {
      try {
        const image = { image: pullName, annotations: { ...input.podAnnotations } };
        const auth = used && { username: used.username, password: used.password };
        const { imageRef } = await cri.images.pullImage({ image, auth, sandboxConfig: input.sandboxConfig }, { signal: limit.signal });
        return { imageRef, used };
      } catch (error) {
        signal.throwIfAborted();
        lastError = error;
      }
    }
    throw lastError;
  };

  /** One pull, in the records from its beginning to its end. */
  const pull = async (
    pullName: string,
    lookup: Lookup,
    input: EnsureImageInput,
    signal: AbortSignal,
  ): Promise<{ readonly imageRef: string; readonly image: Image | undefined }> => {
    const found = await lookup();
    const { image } = input;
    if (records !== undefined) {
      const present = await find(pullName, signal).catch(() => undefined);
      await records.intend(image, present && namesOf(present)).catch((error: unknown) => {
        throw new Error(`Failed to record image pull intent for container image "${image}": ${describeError(error)}`);
      });
    }
    try {
      const { imageRef, used } = await pullWithAny(pullName, found, input, signal);
      // What has been pulled is on the machine whether anybody still wants it: its record is not given up.
      const unending = new AbortController().signal;
      const pulled = (await find(imageRef, unending).catch(() => undefined)) ?? (await find(pullName, unending).catch(() => undefined));
      await records?.pulled(image, pulled?.id ?? imageRef, recordedCredentials(used));
      return { imageRef, image: pulled };
    } catch (error) {
      await records?.failed(image);
      throw error;
    }
  };

  /** `told`: the words of the event. Default: the failure's own. */
  const fail = (
    { containerName, image }: EnsureImageInput,
    report: Reporting['report'],
    failure: Omit<StepFailure, 'ok'>,
    told = failure.message,
  ): StepFailure => {
    report({ type: 'imageFailed', containerName, image, reason: failure.reason, message: told });
    return { ok: false, ...failure };
  };

  const ensure = async (input: EnsureImageInput, options: Reporting): Promise<StepResult<ImageFacts>> => {
    const request: { -readonly [Key in keyof ImageRequest]: ImageRequest[Key] } = {
      pullPolicy: input.pullPolicy ?? 'IfNotPresent',
      present: undefined,
      pullRequired: undefined,
    };
    try {
      return await ensureTold(input, options, request);
    } finally {
      onRequest(request);
    }
  };

  const ensureTold = async (
    input: EnsureImageInput,
    { signal, report }: Reporting,
    request: { present: boolean | undefined; pullRequired: boolean | undefined },
  ): Promise<StepResult<ImageFacts>> => {
    const { image, pullPolicy, containerName, podUid } = input;
    const reference = parseImageReference(image);
    if (reference === undefined) {
      const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
      return fail(input, report, { reason: 'InvalidImageName', message });
    }
    const { pullName, repository } = reference;
    const lookup = once(async () => (await credentials?.lookup(repository, { signal, ...secretsOf(input) })) ?? []);
    if (pullPolicy !== 'Always') {
      let present: Image | undefined;
      try {
        present = await find(pullName, signal);
      } catch (error) {
        signal.throwIfAborted();
        return fail(input, report, { reason: 'ImageInspectError', message: `Failed to inspect image "${image}": ${describeError(error)}` });
      }
      request.present = present !== undefined;
      if (present !== undefined) {
        let mustPull: boolean | undefined;
        try {
          mustPull = await records?.mustPull(image, namesOf(present), async () => podCredentials(await lookup()));
        } catch (error) {
          signal.throwIfAborted();
          return fail(input, report, { reason: 'ErrImagePull', message: describeError(error) });
        }
        request.pullRequired = mustPull ?? false;
        if (mustPull !== true) {
          const verified = records !== undefined;
          const sizeBytes = Number(present.size);
          report({ type: 'imagePulled', containerName, image, present: true, verified, durationMs: 0, waitedMs: 0, sizeBytes });
          return { ok: true, ...factsOf(present) };
        }
      }
      // Also of one that is there and not the Pod's: whether it is there is nobody's business but of those who may have it.
      if (pullPolicy === 'Never') {
        return fail(input, report, {
          reason: 'ErrImageNeverPull',
          message: `Container image "${image}" is not present with pull policy of Never`,
        });
      }
    }
    request.pullRequired = true;

    const key = `${podUid}_${image}`;
    const earlier = failures.get(key);
    const sinceMs = earlier === undefined ? 0 : now() - earlier.updatedAtMs;
    const waits = earlier !== undefined && sinceMs >= 0 && sinceMs < earlier.delayMs ? earlier : undefined;
    if (waits !== undefined) {
      const message = `Back-off pulling image "${image}": ${waits.message}`;
      return fail(input, report, { reason: 'ImagePullBackOff', message, retryAtMs: waits.updatedAtMs + waits.delayMs });
    }
    const startedAtMs = now();
    try {
      return await limiter.run(
        async () => {
          const enteredAtMs = now();
          report({ type: 'imagePulling', containerName, image });
          await delay(acquire(), undefined, { signal });
          const { imageRef, image: pulled } = await pull(pullName, lookup, input, signal);
          const durationMs = now() - enteredAtMs;
          signal.throwIfAborted();
          failures.delete(key);
          const sizeBytes = Number(pulled?.size ?? 0n);
          report({ type: 'imagePulled', containerName, image, present: false, durationMs, waitedMs: enteredAtMs - startedAtMs, sizeBytes });
          return { ok: true, ...(pulled === undefined ? { imageId: imageRef } : factsOf(pulled)) } as const;
        },
        { signal },
      );
    } catch (error) {
      signal.throwIfAborted();
      // Only now: what could be pulled without them is nobody's trouble (kubernetes/kubernetes 138432).
      const missing = input.pullSecrets === undefined ? [] : (credentials?.missing?.(input.pullSecrets) ?? []);
      if (missing.length > 0) report({ type: 'notice', level: 'Warning', ...missingSecrets(missing) });
      const words = CriError.is(error) ? error.details : describeError(error);
      const { reason, message } = pullFailure(error, image, words);
      const current = earlier !== undefined && now() - earlier.updatedAtMs < RESET_AFTER_MS ? earlier : undefined;
      const entry = growBackoff(current, { initialMs, maxMs, kubeletStartMs: 0 }, now());
      failures.set(key, { ...entry, message: `${reason}: ${message}` });
      const failure = { reason, message, retryAtMs: now() + Math.min(SHOW_FAILURE_MS, entry.delayMs) };
      return fail(input, report, failure, `Failed to pull image "${image}": ${words}`);
    }
  };

  return {
    ensure,
    forget: (podUid) => {
      for (const key of failures.keys()) if (key.startsWith(`${podUid}_`)) failures.delete(key);
    },
  };
};

const namesOf = ({ id, repoTags, repoDigests }: Image): PresentImage => ({ id, names: [...repoTags, ...repoDigests] });

type Lookup = () => Promise<readonly TrackedAuth[]>;

/** Asked once at most, and not before it is needed: a plugin may take its time. */
const once = (lookup: Lookup): Lookup => {
  let found: ReturnType<Lookup> | undefined;
  return () => (found ??= lookup());
};

const secretsOf = ({ pullSecrets }: EnsureImageInput) => (pullSecrets === undefined ? {} : { pullSecrets });

/** Upstream: getPullSecretsForPod in pkg/kubelet/kubelet_pods.go. */
const missingSecrets = (names: readonly string[]) => ({
  reason: 'FailedToRetrieveImagePullSecret',
  message: `Unable to retrieve some image pull secrets (${names.join(', ')}); attempting to pull the image may not succeed.`,
});

/** What a status says of a failed pull, in upstream's words (evalCRIPullErr). */
const pullFailure = (error: unknown, image: string, words: string): { readonly reason: string; readonly message: string } => {
  const reason = CriError.is(error) ? error.runtimeReason : undefined;
  const because =
    reason === 'RegistryUnavailable'
      ? 'the registry is unavailable'
      : reason === 'SignatureValidationFailed'
        ? 'the signature validation failed'
        : undefined;
  if (reason === undefined || because === undefined) return { reason: 'ErrImagePull', message: words };
  return { reason, message: `image pull failed for ${image} because ${because}${words.slice(reason.length)}` };
};

const factsOf = (image: Image): ImageFacts => ({
  imageId: image.id,
  ...(image.uid === undefined ? {} : { uid: Number(image.uid.value) }),
  username: image.username,
});
