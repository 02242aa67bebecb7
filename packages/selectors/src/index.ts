export { type FieldSelectorResult, type FieldTerm, formatFieldSelector, matchesFields, parseFieldSelector } from './field-selector.js';
export type { LabelRequirement, Labels, RequirementOperator } from './label-requirement.js';
export { formatLabelSelector, formatRequirements, labelSelectorRequirements, matchesLabels, toLabelSelector } from './label-selector.js';
export { type LabelRequirements, type LabelSelectorResult, parseLabelSelector } from './parse-label-selector.js';
