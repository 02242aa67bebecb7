export {
  describeFieldBy,
  explainField,
  explainFrom,
  type FieldExplanation,
  type FieldSummary,
  fieldSteps,
  type Glossary,
  podGlossary,
} from './explain-field.js';
export { podJsonSchema, type Schema, structDefinition } from './pod-json-schema.js';
export { renderExplanation } from './render-explanation.js';
