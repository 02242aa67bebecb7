// Loaded into the kubelet's process by NODE_OPTIONS. On SIGUSR2 it writes what keeps that process awake, by kind, to $COUNT_OBJECTS.
import { renameSync, writeFileSync } from 'node:fs';

const path = process.env['COUNT_OBJECTS'];
const kinds = { timers: /^(Timeout|Immediate)$/, sockets: /TCP|TLS|Pipe/ };

if (path)
  process.on('SIGUSR2', () => {
    const active = process.getActiveResourcesInfo();
    const counts = Object.fromEntries(
      Object.entries(kinds).map(([name, pattern]) => [name, active.filter((kind) => pattern.test(kind)).length]),
    );
    writeFileSync(`${path}.new`, JSON.stringify({ ...counts, rss: process.memoryUsage.rss() }));
    renameSync(`${path}.new`, path);
  });
