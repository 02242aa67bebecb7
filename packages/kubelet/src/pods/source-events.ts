import type { EventDraft } from '@solo-kubelet/reconciler';
import { isRefusal, type SourceStatus } from '@solo-kubelet/verified-source';

/** What happened to a source between two statuses, as events of the node. `before`: undefined for the first one. */
export const sourceEvents = (before: SourceStatus | undefined, now: SourceStatus): readonly EventDraft[] => {
  const { name, reason, message = '' } = now;
  const events: EventDraft[] = [];
  const warn = (word: string, text: string) => events.push({ type: 'Warning', reason: word, message: `${name}: ${text}` });
  const tell = (word: string, text: string) => events.push({ type: 'Normal', reason: word, message: `${name}: ${text}` });
  if (before === undefined && now.require === 'none') {
    warn('SourceUnverified', 'nothing vouches for what it answers (require: none): whoever can answer in its place decides what runs here');
  }
  const { refusedRevision: refused } = now;
  if (refused !== undefined && before?.refusedRevision !== undefined && before.refusedRevision.atMs === refused.atMs) {
    // Told already.
  } else if (refused !== undefined && before?.digest !== undefined) {
    const told = `${revisionOf(refused)}: ${refused.message}${refused.digest === before.digest ? `; going back to ${what(now)}` : ''}`;
    if (refused.why === 'Failed') warn('SourceRolloutFailed', told);
    else tell('SourceSkipped', told);
  }
  if (before?.onTrial && !now.onTrial && before.digest === now.digest) tell('SourceRolloutComplete', `${what(now)} has come to serve`);
  const waits = now.rollout?.revision === undefined && now.rollout?.digest === undefined ? undefined : now.rollout;
  if (
    waits !== undefined &&
    WAITING.has(waits.reason) &&
    (before?.rollout?.reason !== waits.reason || before.rollout.digest !== waits.digest)
  )
    tell('SourceRolloutWaiting', `${revisionOf(waits)} waits: ${waits.message}`);
  const { imageFetch: fetch } = now;
  if (fetch?.reason !== undefined && before?.imageFetch?.reason !== fetch.reason)
    warn('SourceImagesMissing', `${fetch.reason}: ${fetch.message ?? ''}`);
  if (now.digest !== undefined && (before?.digest !== now.digest || before.revision !== now.revision)) {
    tell(now.state === 'Pending' ? 'SourceRestored' : 'SourceUpdated', `${what(now)}${now.onTrial ? ', on trial' : ''}`);
  } else if (before?.reason !== undefined && reason === undefined) {
    tell('SourceRecovered', `${what(now)} runs`);
  }
  if (reason !== undefined && (before?.reason !== reason || before.message !== now.message)) {
    const word = reason === 'SourceFileInvalid' ? 'SourceFileInvalid' : isRefusal(reason) ? 'SourceRefused' : 'SourceUnreachable';
    warn(word, `${reason}: ${message}${now.digest === undefined ? '' : `; ${what(now)} runs on`}`);
  }
  if (now.notRenewed && !before?.notRenewed)
    warn('SourceNotRenewed', `nothing new was published for longer than it should be; ${what(now)} runs on`);
  return events;
};

const SHOWN_DIGITS = 12;
const WAITING: ReadonlySet<string> = new Set(['Held', 'OutsideWindow', 'NotSelected', 'ImagesPending']);

const revisionOf = ({ revision, digest = '' }: { readonly revision?: number; readonly digest?: string }): string =>
  revision === undefined ? `sha256 ${digest.slice(0, SHOWN_DIGITS)}` : `revision ${revision}`;

const what = ({ revision, digest = '', verifiedBy = '' }: SourceStatus): string =>
  `${revision === undefined ? '' : `revision ${revision}, `}sha256 ${digest.slice(0, SHOWN_DIGITS)}, verified by ${verifiedBy}`;
