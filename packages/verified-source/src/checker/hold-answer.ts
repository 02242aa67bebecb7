import type { ExaminedAnswer } from '../answer/examine-answer.js';
import { digestOf } from '../answer-store.js';
import type { HeldAnswer } from '../rollout/held-answer.js';
import type { VerificationKey } from '../signatures/verification-keys.js';
import { shownKey } from '../signatures/verify-answer.js';
import type { Checker, LastGood } from './checker.js';

/** Makes a verified answer the one that runs. */
export const holdAnswer = (checker: Checker, answer: HeldAnswer, examined: ExaminedAnswer, keys: readonly VerificationKey[]): LastGood => {
  const { options, trusted, images, lastGood } = checker;
  const { said, verifiedBy, text, elsewhere } = examined;
  trusted.add(digestOf(text));
  images.note(answer.digest, examined);
  if (elsewhere.length > 0 && lastGood?.answer.digest !== answer.digest)
    options.logger.debug({ source: options.source.name, elsewhere }, 'Documents of a source are for other nodes');
  const held = { answer, said, verifiedBy, elsewhere, keys: nameKeys(keys) };
  checker.lastGood = held;
  return held;
};

/** The names of keys, to notice when they are others. */
export const nameKeys = (keys: readonly VerificationKey[]): string => keys.map(shownKey).join(' ');
