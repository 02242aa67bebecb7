export { formatSettingsIssue, type ReadSettings, type ReadSettingsOptions, readSettings, type SettingsIssue } from './read-settings.js';
export { type Fields, fieldsOf, offsetOf, type Tell, textOf } from './setting-fields.js';
