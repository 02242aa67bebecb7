export { explainObjectField } from './explain-object-field.js';
export { objectGlossary } from './object-glossary.js';
export { objectJsonSchema } from './object-json-schema.js';
