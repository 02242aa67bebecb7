import { type Glossary, podGlossary } from '@solo-kubelet/pod-spec/explain';
import { descriptions, knownValues, mixins } from '../gen/descriptions.js';
import { objectSchema } from '../schema.js';

/** The words about every kind, those about Pods among them. */
export const objectGlossary: Glossary = {
  schema: objectSchema,
  descriptions: { ...podGlossary.descriptions, ...descriptions },
  mixins: { ...podGlossary.mixins, ...mixins },
  knownValues: { ...podGlossary.knownValues, ...knownValues },
};
