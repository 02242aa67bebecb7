import { isMap, mutate } from '../mutate.mjs';
import { sampleOf } from '../samples/index.mjs';
import { withoutStrayDirectives } from './directives.mjs';
import { create } from './writes.mjs';

/** A script of a corpus with some of its requests changed. */
export const replayed = (kit) => {
  const { random, pool, corpus } = kit;
  if (corpus.scripts.length === 0) return create(kit);
  const script = structuredClone(random.pick(corpus.scripts));
  const steps = script.steps.filter(({ method }) => method !== undefined);
  for (let i = 0; i < 1 + random.below(2); i++) {
    const step = random.pick(steps);
    if (step?.body === undefined || step.body === null || typeof step.body !== 'object') continue;
    const changed = mutate(random, pool, step.body, 1 + random.below(2));
    step.body = step.headers?.['Content-Type']?.includes('strategic') ? withoutStrayDirectives(changed) : changed;
  }
  return { ...script, steps };
};

/** What of a corpus of scripts and objects the questions are made of. */
export const readCorpus = (scripts, objects) => {
  const byKind = new Map();
  const bodies = scripts.flatMap(({ steps }) => steps.map(({ body }) => body)).filter(isMap);
  for (const object of [...bodies, ...objects]) {
    if (typeof object.kind !== 'string' || sampleOf(object) === undefined) continue;
    byKind.set(object.kind, [...(byKind.get(object.kind) ?? []), object]);
  }
  return { scripts, objects: byKind };
};
