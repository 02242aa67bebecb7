import { EventEmitter } from 'node:events';
import { whileDoing } from '@solo-kubelet/diagnostics/doing';
import { expect, it, vi } from 'vitest';
import { catchStrayErrors } from './catch-stray-errors.js';
import { createLogger } from './create-logger.js';

const caught = () => {
  const process = Object.assign(new EventEmitter(), { exit: vi.fn() });
  const lines: string[] = [];
  const setAside = vi.fn();
  const logger = createLogger({ human: false, output: { write: (line) => lines.push(line) } });
  const net = catchStrayErrors({ process, logger, setAside });
  return { process, lines, setAside, net };
};

it.each(['uncaughtException', 'unhandledRejection'])('tells of an %s in one JSON record, and sets the pod aside', (event) => {
  const { process, lines, setAside } = caught();
  const error = new Error('Deadline is too far in the future');
  whileDoing({ doing: 'stopContainers', podUid: 'u1', pod: 'default/web' }, () => process.emit(event, error));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'error',
    doing: 'stopContainers',
    podUid: 'u1',
    pod: 'default/web',
    err: 'Deadline is too far in the future',
    stack: expect.stringContaining('catch-stray-errors.test'),
  });
  expect(setAside).toHaveBeenCalledWith('u1', error);
  expect(process.exit).not.toHaveBeenCalled();
});

it('goes on when it is known what was done, though not for which pod', () => {
  const { process, setAside } = caught();
  whileDoing({ doing: 'GET /pods' }, () => process.emit('uncaughtException', 'odd'));
  expect(setAside).not.toHaveBeenCalled();
  expect(process.exit).not.toHaveBeenCalled();
});

it('ends the process with the status of a bug where nothing is known', () => {
  const { process, lines } = caught();
  process.emit('uncaughtException', new Error('lost'));
  expect(lines).toHaveLength(1);
  expect(process.exit).toHaveBeenCalledWith(70);
});

it('lets go of the process when it is disposed of', () => {
  const { process, net } = caught();
  net[Symbol.dispose]();
  expect(process.eventNames()).toEqual([]);
});
