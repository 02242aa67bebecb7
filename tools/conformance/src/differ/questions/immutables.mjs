import { collectionOf, nameOf, objectOf, SAMPLES } from '../samples/index.mjs';
import { EDITS } from './edits.mjs';
import { get, patchStep, post, put } from './steps.mjs';

const setAt = (object, path, value) => {
  const keys = path.split('.');
  let at = object;
  for (const key of keys.slice(0, -1)) {
    if (typeof at[key] !== 'object' || at[key] === null) at[key] = {};
    at = at[key];
  }
  if (value === undefined) delete at[keys.at(-1)];
  else at[keys.at(-1)] = value;
  return object;
};

/** Objects and changes of fields of theirs that may change under conditions only, by PUT and by patches, one or several at once. */
export const immutables = ({ random }) => {
  const sample = random.pick(SAMPLES.filter(({ kind, group }) => EDITS[`${group}/${kind}`] !== undefined));
  const { starts = [], edits } = EDITS[`${sample.group}/${sample.kind}`];
  const collection = collectionOf(sample);
  const at = `${collection}/${nameOf(sample, 'x')}`;
  const entries = Object.entries(edits);
  const changed = (object, count) => {
    for (let i = 0; i < count; i++) {
      const [path, values] = random.pick(entries);
      setAt(object, path, random.pick(values));
    }
    return object;
  };
  const object = objectOf(sample, 'x');
  for (const [path, value] of Object.entries(starts.length > 0 && random.chance(0.6) ? random.pick(starts) : {}))
    setAt(object, path, value);
  if (random.chance(0.3)) changed(object, 1);
  const steps = [post(collection, object)];
  for (let i = 0; i < 4; i++) {
    if (random.chance(0.5)) steps.push(put(at, changed(structuredClone(object), 1 + random.below(2))));
    else
      steps.push(
        patchStep(
          at,
          random.pick(['merge-patch+json', 'merge-patch+json', 'strategic-merge-patch+json']),
          changed({}, 1 + random.below(2)),
        ),
      );
  }
  return [...steps, get(at)];
};
