import type { SourceDefinition } from './source-definition.js';
import type { SourceRevision } from './source-revision.js';

/** The latest revision that was taken, whatever became of its text. */
export interface KeptRevision {
  readonly revision: number;
  /** SHA-256 of the answer, hexadecimal. */
  readonly digest: string;
}

export interface RevisionQuestion {
  readonly source: Pick<SourceDefinition, 'name' | 'require' | 'revisions'>;
  readonly said: SourceRevision | undefined;
  /** From what vouches for it, such as a time that is signed too: serves as a revision where the answer says none. */
  readonly impliedRevision?: number | undefined;
  readonly digest: string;
  readonly kept: KeptRevision | undefined;
  /** The clock, or a time that is known to have passed where the clock lags behind it, ms. */
  readonly nowMs: number;
}

export type RevisionRefusal = 'WrongSource' | 'RevisionMissing' | 'RevisionTooOld' | 'RevisionReused' | 'Expired';

export type RevisionVerdict =
  | { readonly ok: true; readonly revision: number | undefined }
  | { readonly ok: false; readonly reason: RevisionRefusal; readonly message: string };

/**
 * Whether an answer that is who it says may take the place of the one before. Only what is signed counts: a pinned hash says by itself which one is
 * wanted, and what nobody vouches for could say any number.
 */
export const judgeRevision = ({ source, said, impliedRevision, digest, kept, nowMs }: RevisionQuestion): RevisionVerdict => {
  const refused = (reason: RevisionRefusal, message: string): RevisionVerdict => ({ ok: false, reason, message });
  if (source.require !== 'signature') return { ok: true, revision: said?.revision };
  if (said?.source !== undefined && said.source !== source.name) {
    return refused('WrongSource', `it is meant for the source ${JSON.stringify(said.source)}, not for ${JSON.stringify(source.name)}`);
  }
  if (said?.expiresMs !== undefined && nowMs >= said.expiresMs) {
    return refused('Expired', `it expired at ${new Date(said.expiresMs).toISOString()}: publish it anew with a later spec.expires`);
  }
  const revision = said?.revision ?? impliedRevision;
  if (revision === undefined) {
    if (source.revisions === 'optional') return { ok: true, revision: undefined };
    return refused(
      'RevisionMissing',
      'it says no revision, so that an old one could not be told from a new one: begin it with a SourceRevision document, sign with minisign (whose time of signing counts), or say revisions: optional in the source',
    );
  }
  if (kept === undefined || revision > kept.revision) return { ok: true, revision };
  if (revision === kept.revision) {
    if (digest === kept.digest) return { ok: true, revision };
    return refused('RevisionReused', `its revision ${revision} was seen with another content: each change needs a higher one`);
  }
  if (said?.rollbackFrom !== undefined && said.rollbackFrom >= kept.revision) return { ok: true, revision };
  return refused(
    'RevisionTooOld',
    `its revision ${revision} is older than ${kept.revision}, which was seen already (to go back on purpose, sign it with spec.rollbackFrom: ${kept.revision})`,
  );
};
