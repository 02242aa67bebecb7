import type { ProxyReport } from './proxy-report.js';

/** Tokens of the challenges of ACME that a proxy answers since it said this, at its port of HTTP. */
export const answeredTokens = (report: ProxyReport, httpPort: number): ReadonlySet<string> =>
  new Set(report.type === 'applied' && report.ports.includes(httpPort) ? report.table.challenges.keys() : []);
