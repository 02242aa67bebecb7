import { column, NAME_COLUMN } from '../column.js';
import type { KindTable } from '../kind-table.js';
import { listAt, nameOf, textAt } from '../read-field.js';

const WORDS: Readonly<Record<string, string>> = { True: 'Healthy', False: 'Unhealthy' };

export const componentStatusTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Status', 'string', 'Status of the component conditions'),
    column('Message', 'string', 'Message of the component conditions'),
    column('Error', 'string', 'Error of the component conditions'),
  ],
  cells: (component) => {
    const healthy = listAt(component, 'conditions').find((condition) => textAt(condition, 'type') === 'Healthy');
    return [
      nameOf(component),
      healthy === undefined ? 'Unknown' : (WORDS[textAt(healthy, 'status')] ?? 'Unknown'),
      textAt(healthy, 'message'),
      textAt(healthy, 'error'),
    ];
  },
};
