import type { PodSpecIssue } from '../parse/pod-spec-issue.js';

const escapeData = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** Issues as GitHub workflow commands, one a line: they show beside the lines of a pull request. */
export const githubAnnotations = (issues: readonly PodSpecIssue[]): string =>
  issues
    .map(({ severity, code, path, line, column, endLine, endColumn, message, hint }) => {
      const place = `file=${escapeProperty(path)},line=${line},endLine=${endLine},col=${column},endColumn=${endColumn}`;
      return `::${severity} ${place},title=${escapeProperty(code)}::${escapeData(hint === '' ? message : `${message} (${hint})`)}`;
    })
    .join('\n');
