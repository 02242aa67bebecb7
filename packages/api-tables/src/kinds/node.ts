import { ageOf } from '../age.js';
import { AGE_COLUMN, column, NAME_COLUMN, wideColumn } from '../column.js';
import type { KindTable } from '../kind-table.js';
import { isTrueAt, listAt, mapAt, nameOf, textAt } from '../read-field.js';

export const nodeTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Status', 'string', 'The status of the node'),
    column('Roles', 'string', 'The roles of the node'),
    AGE_COLUMN,
    column('Version', 'string', 'Kubelet Version reported by the node.'),
    wideColumn(
      'Internal-IP',
      'string',
      "List of addresses reachable to the node. Queried from cloud provider, if available. More info: https://kubernetes.io/docs/reference/node/node-status/#addresses Note: This field is declared as mergeable, but the merge key is not sufficiently unique, which can cause data corruption when it is merged. Callers should instead use a full-replacement patch. See https://pr.k8s.io/79391 for an example. Consumers should assume that addresses can change during the lifetime of a Node. However, there are some exceptions where this may not be possible, such as Pods that inherit a Node's address in its own status or consumers of the downward API (status.hostIP).",
    ),
    wideColumn(
      'External-IP',
      'string',
      "List of addresses reachable to the node. Queried from cloud provider, if available. More info: https://kubernetes.io/docs/reference/node/node-status/#addresses Note: This field is declared as mergeable, but the merge key is not sufficiently unique, which can cause data corruption when it is merged. Callers should instead use a full-replacement patch. See https://pr.k8s.io/79391 for an example. Consumers should assume that addresses can change during the lifetime of a Node. However, there are some exceptions where this may not be possible, such as Pods that inherit a Node's address in its own status or consumers of the downward API (status.hostIP).",
    ),
    wideColumn('OS-Image', 'string', 'OS Image reported by the node from /etc/os-release (e.g. Debian GNU/Linux 7 (wheezy)).'),
    wideColumn('Kernel-Version', 'string', "Kernel Version reported by the node from 'uname -r' (e.g. 3.16.0-0.bpo.4-amd64)."),
    wideColumn(
      'Container-Runtime',
      'string',
      'ContainerRuntime Version reported by the node through runtime remote API (e.g. containerd://1.4.2).',
    ),
  ],
  cells: (node, { nowMs }) => {
    const info = (field: string): string => textAt(node, 'status', 'nodeInfo', field);
    const architecture = info('architecture');
    return [
      nameOf(node),
      nodeStatus(node),
      nodeRoles(node) || '<none>',
      ageOf(node, nowMs),
      info('kubeletVersion'),
      firstAddress(node, 'InternalIP'),
      firstAddress(node, 'ExternalIP'),
      info('osImage') || '<unknown>',
      `${info('kernelVersion') || '<unknown>'}${architecture === '' ? '' : ` (${architecture})`}`,
      info('containerRuntimeVersion') || '<unknown>',
    ];
  },
};

const nodeStatus = (node: unknown): string => {
  const ready = listAt(node, 'status', 'conditions').findLast((condition) => textAt(condition, 'type') === 'Ready');
  const word = textAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
  return `${ready === undefined ? 'Unknown' : word}${isTrueAt(node, 'spec', 'unschedulable') ? ',SchedulingDisabled' : ''}`;
};

const ROLE_PREFIX = 'node-role.kubernetes.io/';

const nodeRoles = (node: unknown): string => {
  const labels = mapAt(node, 'metadata', 'labels');
  const roles = Object.keys(labels).flatMap((key) => (key.startsWith(ROLE_PREFIX) ? [key.slice(ROLE_PREFIX.length)] : []));
  return [...new Set([...roles, textAt(labels, 'kubernetes.io/role')])]
    .filter((role) => role !== '')
    .sort()
    .join(',');
};

const firstAddress = (node: unknown, type: string): string => {
  const found = listAt(node, 'status', 'addresses').find((address) => textAt(address, 'type') === type);
  return found === undefined ? '<none>' : textAt(found, 'address');
};
