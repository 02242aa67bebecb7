import type { PodSpecIssue } from '../parse/pod-spec-issue.js';

export interface SarifOptions {
  /** Name of the program that tells. Default `pod-spec`. */
  readonly tool?: string;
  readonly version?: string;
}

/** Issues as a SARIF 2.1.0 log, ready for JSON.stringify: what code scanning services take. */
export const sarifLog = (issues: readonly PodSpecIssue[], { tool = 'pod-spec', version = '0.0.0' }: SarifOptions = {}) => {
  const codes = [...new Set(issues.map(({ code }) => code))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: tool, semanticVersion: version, rules: codes.map((id) => ({ id })) } },
        columnKind: 'utf16CodeUnits',
        results: issues.map(({ severity, code, path, line, column, endLine, endColumn, message, hint }) => ({
          ruleId: code,
          ruleIndex: codes.indexOf(code),
          level: severity,
          message: { text: hint === '' ? message : `${message} (${hint})` },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: path },
                region: { startLine: line, startColumn: column, endLine, endColumn },
              },
            },
          ],
        })),
      },
    ],
  };
};
