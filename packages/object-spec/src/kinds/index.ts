// The kinds and their names alone: light enough for a command that starts, lists and ends.
export { apiVersionOf, findObjectKind, type ObjectKind, objectKinds } from './object-kind.js';
