import { describeError } from '@solo-kubelet/diagnostics';
import { redactUrl } from '@solo-kubelet/manifest-source';
import { digestOf } from '../answer-store.js';
import { judgeRevision } from '../core/judge-revision.js';
import { INITIAL_STATE, offerAnswer, renewAnswer } from '../core/rollout/rollout.js';
import type { SourceDefinition } from '../core/source-definition.js';
import type { FetchedAnswer } from '../fetch-answer.js';
import { readOffer, removeOffer } from '../offers.js';
import { heldAnswer } from '../rollout/held-answer.js';
import type { VerificationKey } from '../signatures/verification-keys.js';
import type { DetachedSignature } from '../signatures/verify-answer.js';
import { verifyContent } from '../signatures/verify-content.js';
import { type Checker, examine, type Found, timeOf } from './checker.js';
import { failed, found, running } from './found.js';
import { holdAnswer } from './hold-answer.js';
import { settle } from './settle.js';

type TakenAnswer = FetchedAnswer & { readonly type: 'answer' };

/** What somebody put before the source is decided once, unless the disk is in the way. */
export const takeOffer = async (checker: Checker, keys: readonly VerificationKey[]): Promise<Found | undefined> => {
  const { directory, files, logger } = checker.options;
  try {
    const offer = await readOffer(directory, { files, logger });
    if (offer === undefined) return undefined;
    const { content, signature } = offer;
    const came = await takeAnswer(
      checker,
      { type: 'answer', content, signatures: signature ? [signature] : [], validators: {} },
      keys,
      'the bundle',
    );
    const { finding } = came;
    if (finding?.type !== 'failed' || finding.reason !== 'NotKept') await removeOffer(directory, { files });
    return came;
  } catch (error) {
    return failed(checker, 'NotKept', `a bundle that was brought can't be read or put away: ${describeError(error)}`);
  }
};

/** The first that is good, or else the first. */
const pickSignature = async (
  source: SourceDefinition,
  { content, signatures }: TakenAnswer,
  keys: readonly VerificationKey[],
): Promise<DetachedSignature | undefined> => {
  if (signatures.length > 1) for (const one of signatures) if ((await verifyContent(source, content, one, keys)).ok) return one;
  return signatures[0];
};

/** Decides what becomes of an answer. `shown`: where it is from, for messages. */
export const takeAnswer = async (
  checker: Checker,
  fetched: TakenAnswer,
  keys: readonly VerificationKey[],
  shown = redactUrl(checker.options.url),
): Promise<Found> => {
  checker.mayBeUnchanged = false;
  const { options, rollouts, images, record, urlDigest } = checker;
  const { source } = options;
  const { content } = fetched;
  const signature = await pickSignature(source, fetched, keys);
  const examined = await examine(checker, { content, signature }, keys);
  if (!examined.ok) return failed(checker, examined.reason, `${shown}: ${examined.message}`);
  const { answer } = examined;
  const { said, impliedRevision } = answer;
  const nowMs = timeOf(checker);
  const digest = digestOf(content);
  const verdict = judgeRevision({ source, said, impliedRevision, digest, kept: record?.kept, nowMs });
  if (!verdict.ok) return failed(checker, verdict.reason, `${shown}: ${verdict.message}`);
  const { revision } = verdict;
  const kept = { content, appliedAtMs: nowMs, ...(signature && { signature }), ...(revision !== undefined && { revision }) };
  const offered = heldAnswer(kept, answer);
  images.note(digest, answer);
  const { current, next } = rollouts.current();
  const newest = next ?? current;
  const { validators } = fetched;
  checker.validators = validators;
  const { lastGood } = checker;
  const isKnown = lastGood !== undefined && newest?.digest === digest && newest.revision === revision;
  if (isKnown && newest.kept.signature?.text === signature?.text) {
    if (next === undefined) holdAnswer(checker, lastGood.answer, answer, keys);
    checker.mayBeUnchanged = true;
    return found(checker, { type: 'unchanged' }, { type: 'unchanged' });
  }
  // Signed anew, perhaps by the key that takes the place of the old one: by what is kept it has to be verified where there is no network.
  const renewed = isKnown ? { ...offered, kept: { ...kept, appliedAtMs: newest.kept.appliedAtMs } } : offered;
  const before = lastGood === undefined ? { state: record?.rollout ?? INITIAL_STATE } : rollouts.current();
  const settled = await settle(checker, {
    from: isKnown ? renewAnswer(before, renewed) : offerAnswer(before, renewed),
    base: {
      ...(revision === undefined || source.require !== 'signature'
        ? record?.kept && { kept: record.kept }
        : { kept: { revision, digest } }),
      validators,
      urlDigest,
    },
    keys,
    examined: [[renewed, answer]],
  });
  if (!settled.ok) return failed(checker, settled.reason, `${shown}: ${settled.message}`);
  checker.mayBeUnchanged = true;
  const { lastGood: now } = checker;
  const isRenewed = isKnown && next === undefined && settled.answer === undefined;
  if (now === undefined) return found(checker, { type: 'waiting' }, { type: 'unchanged' });
  if (settled.answer === undefined && !isRenewed) return found(checker, { type: 'unchanged' }, { type: 'unchanged' });
  return found(checker, { type: 'applied', running: running(now) }, settled.answer ?? { type: 'unchanged' });
};
