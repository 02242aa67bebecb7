// Starts the API server alone, over an empty store in memory: node tools/conformance/api-server.mjs --port PORT --token-auth-file FILE --authorization-mode AlwaysAllow|RBAC [--feature-gates NAME=true,…]
// It prints a line when it answers, and ends on SIGTERM.
import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { parseArgs } from 'node:util';

// From Node.js 22 on what was compiled is kept from one start to the next.
nodeModule.enableCompileCache?.();

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    'token-auth-file': { type: 'string' },
    'authorization-mode': { type: 'string', default: 'AlwaysAllow' },
    'feature-gates': { type: 'string', default: '' },
  },
});
const mode = values['authorization-mode'];
if (values.port === undefined || values['token-auth-file'] === undefined || !['AlwaysAllow', 'RBAC'].includes(mode)) {
  process.stderr.write(
    'usage: node tools/conformance/api-server.mjs --port PORT --token-auth-file FILE --authorization-mode AlwaysAllow|RBAC\n',
  );
  process.exit(2);
}
/** As the flag of Kubernetes' programs: `A=true,B=false`. */
const readGates = (text) => {
  const pairs = text.split(',').filter((each) => each.trim() !== '');
  const bad = pairs.find((pair) => !/^\s*\w+\s*=\s*(true|false)\s*$/.test(pair));
  if (bad !== undefined) {
    process.stderr.write(`--feature-gates: ${JSON.stringify(bad)} is not of the form NAME=true or NAME=false\n`);
    process.exit(2);
  }
  return Object.fromEntries(
    pairs.map((pair) => pair.split('=').map((part) => part.trim())).map(([name, value]) => [name, value === 'true']),
  );
};
const featureGates = readGates(values['feature-gates']);
const load = async () => {
  try {
    return await import('@solo-kubelet/api-server');
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    process.stderr.write('the packages are not built yet: run `pnpm build` first\n');
    return process.exit(2);
  }
};
const { parseTokenFile, startApiServer } = await load();
const users = parseTokenFile(readFileSync(values['token-auth-file'], 'utf8'));
const start = async () => {
  try {
    return await startApiServer({ port: Number(values.port), users, authorizationMode: mode, featureGates });
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    return process.exit(1);
  }
};
const server = await start();
const stop = () => server.close().then(() => process.exit(0));
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
process.stdout.write(`ready: ${server.url}\n`);
