import { expect, it } from 'vitest';
import { grpcDetails } from './grpc-details.js';

it.each([
  ['No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ', 'connect ECONNREFUSED 127.0.0.1:1'],
  [
    'No connection established. Last error: read ECONNRESET (2026-11-29T00:00:00.000Z). Resolution note: ',
    'read ECONNRESET (2026-11-29T00:00:00.000Z)',
  ],
  ['No connection established. Last error: null. Resolution note: Name resolution failed', 'Name resolution failed'],
  ['No connection established. Last error: null. Resolution note: ', 'no connection'],
  ['No addresses resolved. Resolution note: nowhere', 'No addresses resolved: nowhere'],
  ['No addresses resolved. Resolution note: ', 'No addresses resolved'],
  ['no such service', 'no such service'],
  ['', ''],
])('%j is told as %j', (details, told) => expect(grpcDetails(details)).toBe(told));
