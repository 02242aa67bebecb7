import { access } from './access.mjs';
import { addresses } from './addresses.mjs';
import { classes, limits, quotas } from './amounts.mjs';
import { patchApply } from './apply.mjs';
import { remove } from './deletions.mjs';
import { immutables } from './immutables.mjs';
import { collections, fields, pages, parts } from './lists.mjs';
import { patchJson, patchMerge, patchStrategic } from './patches.mjs';
import { path } from './paths.mjs';
import { podParts } from './pod-parts.mjs';
import { read, table } from './reads.mjs';
import { replayed } from './replays.mjs';
import { scaleAndParts } from './scales.mjs';
import { security } from './security.mjs';
import { stories } from './stories.mjs';
import { text } from './texts.mjs';
import { twoGroups } from './two-groups.mjs';
import { watch } from './watches.mjs';
import { create, status, update } from './writes.mjs';

export { withoutStrayDirectives } from './directives.mjs';
export { readCorpus } from './replays.mjs';

/** The kinds of questions: each makes the steps of one script from random choices. */
export const QUESTIONS = {
  create,
  update,
  status,
  'patch-json': patchJson,
  'patch-merge': patchMerge,
  'patch-strategic': patchStrategic,
  'patch-apply': patchApply,
  table,
  read,
  path,
  delete: remove,
  watch,
  text,
  scale: scaleAndParts,
  security,
  events: twoGroups,
  addresses,
  stories,
  immutables,
  access,
  'pod-parts': podParts,
  fields,
  pages,
  collections,
  parts,
  limits,
  quotas,
  classes,
  corpus: replayed,
};

/** One script of a kind of questions. */
export const askQuestion = (kind, kit) => {
  const made = QUESTIONS[kind](kit);
  return Array.isArray(made) ? { steps: made } : made;
};
