import { readdirSync, readFileSync } from 'node:fs';
import { Counter, Gauge, type Registry } from 'prom-client';

/**
 * The standard `process_*` metrics, read at scrape time. prom-client's own set also watches the event loop every 10 ms, which a
 * kubelet at rest would pay for all day.
 */
export const processMetrics = (registry: Registry): void => {
  const registers = [registry];
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', () => process.memoryUsage.rss());
  gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.', () =>
    Math.floor(Date.now() / 1_000 - process.uptime()),
  );
  gauge('process_virtual_memory_bytes', 'Virtual memory size in bytes.', () => number('/proc/self/status', /^VmSize:\s+(\d+)/m) * 1_024);
  gauge('process_max_fds', 'Maximum number of open file descriptors.', () => number('/proc/self/limits', /^Max open files\s+(\d+)/m));
  gauge('process_open_fds', 'Number of open file descriptors.', () => readdirSync('/proc/self/fd').length);
};

const number = (path: string, pattern: RegExp): number => Number(pattern.exec(readFileSync(path, 'utf8'))?.[1] ?? 0);
