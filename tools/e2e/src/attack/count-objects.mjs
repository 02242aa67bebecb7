// Loaded into the kubelet's process by NODE_OPTIONS. On SIGUSR2 it writes how many objects of a kind live there, timers that keep nothing awake included, to $COUNT_OBJECTS.
import { renameSync, writeFileSync } from 'node:fs';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { queryObjects } from 'node:v8';

const path = process.env['COUNT_OBJECTS'];
const timer = setTimeout(() => {}, 0);
const kinds = { timers: timer.constructor, sockets: Socket, requests: IncomingMessage, responses: ServerResponse };

if (path)
  process.on('SIGUSR2', () => {
    const counts = Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, queryObjects(kind, { format: 'count' })]));
    counts.rss = process.memoryUsage.rss();
    writeFileSync(`${path}.new`, JSON.stringify(counts));
    renameSync(`${path}.new`, path);
  });
