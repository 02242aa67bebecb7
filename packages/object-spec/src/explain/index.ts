export { explainObjectField } from './explain-object-field.js';
export { objectJsonSchema } from './object-json-schema.js';
