import { isMap } from '../mutate.mjs';
import { collectionOf, nameOf, objectOf, SAMPLES } from '../samples/index.mjs';

export const patchStep = (path, type, body) => ({ method: 'PATCH', path, headers: { 'Content-Type': `application/${type}` }, body });

export const post = (path, body) => ({ method: 'POST', path, body });

export const get = (path, headers) => ({ method: 'GET', path, ...(headers && { headers }) });

export const put = (path, body) => ({ method: 'PUT', path, body });

/** Puts an object where its script's names are; of a corpus it may have any. */
const placed = (sample, object) => {
  const metadata = isMap(object.metadata) ? { ...object.metadata } : {};
  delete metadata.namespace;
  return { ...object, metadata: { ...metadata, name: nameOf(sample, 'x') } };
};

export const sampleAndObject = ({ random, corpus }) => {
  const own = random.pick(SAMPLES);
  const known = corpus.objects.get(own.kind) ?? [];
  const object = known.length > 0 && random.chance(0.6) ? placed(own, random.pick(known)) : objectOf(own, 'x');
  return { sample: own, object, path: collectionOf(own), at: `${collectionOf(own)}/${nameOf(own, 'x')}` };
};

export const QUERIES = ['', '', '', '', '', '', '?dryRun=All', '?fieldValidation=Strict', '?fieldValidation=Ignore', '?fieldManager=me'];
