import { CORE } from './core.mjs';
import { OTHERS } from './others.mjs';
import { WORKLOADS } from './workloads.mjs';

/** One sound object of every kind, with a status for those that have one. */
export const SAMPLES = [...CORE, ...WORKLOADS, ...OTHERS];

const apiVersionOf = (group) => (group === '' ? 'v1' : `${group}/v1`);

/** The path of a kind's collection. */
export const collectionOf = ({ group, plural, namespaced }) =>
  `${group === '' ? '/api/v1' : `/apis/${group}/v1`}${namespaced ? '/namespaces/{{ns}}' : ''}/${plural}`;

/** Objects of kinds without a namespace have names of their own in each script. */
export const nameOf = ({ namespaced }, name) => (namespaced ? name : `{{ns}}-${name}`);

export const objectOf = (sample, name, metadata = {}) => ({
  apiVersion: apiVersionOf(sample.group),
  kind: sample.kind,
  metadata: { name: nameOf(sample, name), labels: { app: 'x', tier: 'web' }, annotations: { note: 'n' }, ...metadata },
  ...structuredClone(sample.content),
});

/** The sample whose objects an object is one of; undefined for other kinds. */
export const sampleOf = ({ apiVersion, kind: name }) =>
  SAMPLES.find((sample) => sample.kind === name && apiVersionOf(sample.group) === apiVersion);
