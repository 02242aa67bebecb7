import { expect, it } from 'vitest';
import { countCpus } from './machine-metrics.js';

const cpu = (processor: number, physicalId: number, coreId: number): string =>
  `processor\t: ${processor}\nmodel name\t: any\nphysical id\t: ${physicalId}\ncore id\t\t: ${coreId}\n`;

it('tells threads, cores and packages apart', () => {
  expect(countCpus([cpu(0, 0, 0), cpu(1, 0, 0), cpu(2, 0, 1), cpu(3, 1, 0)].join('\n'))).toEqual({ logical: 4, physical: 3, sockets: 2 });
  expect(countCpus('processor\t: 0\nBogoMIPS\t: 1\n\nprocessor\t: 1\nBogoMIPS\t: 1\n\n')).toEqual({ logical: 2, physical: 2, sockets: 1 });
});
