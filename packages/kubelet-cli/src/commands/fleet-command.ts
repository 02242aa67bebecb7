import { type Command, flagOption, textOption } from '../command.js';
import { durationOption, given, usage } from './node-command.js';

const DEFAULT_STALE_MS = 60 * 60_000;
const DEFAULT_INTERVAL_MS = 10_000;

/** `fleet status DIR|URL|s3://BUCKET/PREFIX/`: what the reports of many nodes say. */
export const fleetCommand: Command = {
  name: 'fleet',
  usage: 'status DIR|URL|s3://BUCKET/PREFIX/ [--stale 1h] [-w [--interval 10s]] [-o wide|json|yaml|name|jsonpath=…]',
  summary: 'Show what the reports of many nodes say (--node-report of the kubelet); the exit status tells too.',
  details: `
  DIR         a directory of reports: NAME.json with one, NAME.jsonl with one a line
  URL         reports as a list in JSON or one a line, or a list of the places of reports on the same server
  s3://BUCKET/PREFIX/
              all .json and .jsonl below a prefix of a bucket; behind # what the kubelet takes too, such as
              's3://fleet/reports/#endpoint=https://s3.example.org&credentialsFile=/home/me/.aws/credentials'
              (also region, pathStyle, profile, anonymous, caFile, certFile, keyFile), or else AWS_ACCESS_KEY_ID,
              AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the environment
  --stale     a node whose last report is older is shown as stale (default 1h)
  -w, --watch look again and again, and show what has changed
  --no-headers  a table without its first line

Exit status: 0 all nodes are healthy, 1 at least one is not, is stale, or its report can't be read.
`,
  options: {
    output: { type: 'string', short: 'o' },
    'no-headers': { type: 'boolean' },
    stale: { type: 'string' },
    interval: { type: 'string' },
    watch: { type: 'boolean', short: 'w' },
  },
  run: async (input, io) => {
    const [action, where, ...more] = input.operands;
    if (action === undefined || where === undefined || more.length > 0)
      throw usage('write, for example: fleet status https://example.org/fleet/index.json');
    const { fleet } = await import('./fleet.js');
    return fleet(
      {
        action,
        where,
        staleMs: durationOption(input, 'stale') ?? DEFAULT_STALE_MS,
        intervalMs: durationOption(input, 'interval') ?? DEFAULT_INTERVAL_MS,
        watch: flagOption(input, 'watch'),
        noHeaders: flagOption(input, 'no-headers'),
        ...given('output', textOption(input, 'output')),
      },
      { io, now: Date.now },
    );
  },
};
