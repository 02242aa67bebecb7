export { explainField, type FieldExplanation, type FieldSummary } from './explain-field.js';
export { podJsonSchema } from './pod-json-schema.js';
export { renderExplanation } from './render-explanation.js';
