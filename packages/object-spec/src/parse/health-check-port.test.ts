import { expect, it } from 'vitest';
import { parseMixedManifest } from './parse-mixed-manifest.js';

it('a load balancer of a file needs no healthCheckNodePort: it is given one afterwards', () => {
  const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: [{ port: 80 }] };
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec });
  const documents = parseMixedManifest(text, { path: 'web.yaml', nodeName: 'node1' });
  expect(JSON.stringify(documents)).not.toContain('healthCheckNodePort: Required value');
  expect(JSON.stringify(documents)).toContain('"externalTrafficPolicy":"Local"');
});
