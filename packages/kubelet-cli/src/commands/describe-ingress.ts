import type { Ingress, IngressBackend } from '@solo-kubelet/object-spec';
import type { NodeApiObject } from '../client/node-client.js';
import { formatTable } from '../output/table.js';
import { field } from './describe-fields.js';

/** Where the requests of an Ingress go; empty for objects of other kinds. */
export const describeIngress = (object: NodeApiObject): string => {
  if (object.kind !== 'Ingress') return '';
  const { defaultBackend, rules = [], tls = [] } = (object as unknown as Ingress).spec ?? {};
  const rows = rules.flatMap(({ host = '', http }) =>
    (http?.paths ?? []).map(({ path = '/', pathType = '', backend }, i) => [
      `  ${i === 0 ? host || '*' : ''}`,
      path,
      pathType,
      backendText(backend),
    ]),
  );
  return [
    ...(defaultBackend === undefined ? [] : [field('Default backend', backendText(defaultBackend))]),
    ...(tls.length === 0
      ? []
      : [
          `TLS:\n${tls.map(({ secretName = '', hosts = [] }) => `  ${secretName || "the node's own certificate"} for ${hosts.join(', ') || 'the hosts of the rules'}\n`).join('')}`,
        ]),
    ...(rows.length === 0 ? [] : [`Rules:\n${formatTable(['  Host', 'Path', 'Type', 'Backend'], rows)}`]),
  ].join('');
};

const backendText = ({ service, resource }: IngressBackend): string =>
  service === undefined
    ? `${resource?.kind ?? ''}/${resource?.name ?? ''}`
    : `${service.name}:${service.port?.name || (service.port?.number ?? '')}`;
