import { type ManifestAnswer, redactUrl } from '@solo-kubelet/manifest-source';
import type { ExaminedAnswer } from '../answer/examine-answer.js';
import type { RunningAnswer, SourceFinding, SourceReason } from '../core/source-status.js';
import { imagesToFetch } from '../rollout/images-to-fetch.js';
import { type Checker, type Found, type LastGood, timeOf } from './checker.js';

/** What is told of a look: its finding, beside how the rollout is. `wakeAfterMs`: default when the rollout has to be decided on again. */
export const found = (
  { rollouts, images, sourceImages }: Checker,
  finding: SourceFinding | undefined,
  answer?: ManifestAnswer,
  wakeAfterMs?: number,
): Found => {
  const view = rollouts.view();
  const wake = wakeAfterMs ?? view.wakeAfterMs;
  const kept = images.kept(view.good?.digest);
  const reason = view.finding.rollout?.reason;
  // What is held by hand may go on at any moment: its bytes stay.
  sourceImages.want(imagesToFetch(rollouts.current(), reason), { keepsOthers: reason === 'Held' });
  const imageFetch = sourceImages.view();
  return {
    rollout: { ...view.finding, ...(kept.length > 0 && { images: kept }), ...(imageFetch && { imageFetch }) },
    ...(finding && { finding }),
    ...(answer && { answer }),
    ...(wake !== undefined && { wakeAfterMs: wake }),
  };
};

export const failed = (checker: Checker, reason: SourceReason, message: string): Found =>
  found(checker, { type: 'failed', reason, message }, { type: 'failed', message: `${reason}: ${message}` });

/** There is nothing new; what runs may have expired meanwhile. */
export const unchanged = (checker: Checker): Found => {
  const { lastGood, options } = checker;
  const { source, url } = options;
  const expiresMs = lastGood?.said?.expiresMs;
  if (source.require === 'signature' && expiresMs !== undefined && timeOf(checker) >= expiresMs) {
    return failed(
      checker,
      'Expired',
      `${redactUrl(url)}: what runs expired at ${new Date(expiresMs).toISOString()}, and nothing newer is published; it runs on`,
    );
  }
  return found(checker, { type: 'unchanged' }, { type: 'unchanged' });
};

export const running = ({ answer: { kept, digest }, verifiedBy, elsewhere }: LastGood): RunningAnswer => ({
  revision: kept.revision,
  digest,
  verifiedBy,
  appliedAtMs: kept.appliedAtMs,
  elsewhere: elsewhere.length,
});

/** What a source asks for from now on. */
export const asked = ({ rollouts, options: { taken } }: Checker, { text, prepared }: ExaminedAnswer): ManifestAnswer => ({
  type: 'text',
  text,
  ...(prepared && { prepared }),
  taken: () => {
    rollouts.told();
    taken();
  },
});
