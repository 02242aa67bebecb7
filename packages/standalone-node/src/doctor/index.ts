export { type Finding, type HostReport, judgeHost, type RuntimeReport } from './checks.js';
export { examineFirewalls } from './examine-firewalls.js';
export { type ExamineOptions, examineHost } from './examine-host.js';
export { examineServices } from './examine-services.js';
export { judgeFirewalls } from './firewall-checks.js';
export { judgeServices } from './service-checks.js';
