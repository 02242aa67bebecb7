import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import type { HealthCheckMetrics } from '../metrics/component-metrics.js';
import type { HealthCheck } from '../node-view.js';
import { booleanParameter, HttpError, sendText } from '../server/http-error.js';
import type { Route } from '../server/route.js';

const PING: HealthCheck = { name: 'ping', check: () => undefined };

/** /healthz and /livez with their checks, in the words of every Kubernetes component (apiserver/pkg/server/healthz). */
export const healthRoutes = (checks: readonly HealthCheck[], logger: Logger, metrics: HealthCheckMetrics): readonly Route[] => {
  const all = [PING, ...checks.filter(({ name }) => name !== PING.name)];
  return ['/healthz', '/livez'].flatMap((path): readonly Route[] => {
    const look = (check: HealthCheck): string | undefined => {
      const failure = failureOf(check);
      metrics.checked(path.slice(1), check.name, failure === undefined);
      return failure;
    };
    return [
      {
        methods: ['GET', 'HEAD'],
        path,
        ...access(path),
        readOnly: true,
        handle: ({ response, query }) => {
          const excluded = new Set(query.getAll('exclude'));
          const results = all.filter(({ name }) => !excluded.has(name)).map((check) => ({ name: check.name, failure: look(check) }));
          const failed = results.filter(({ failure }) => failure !== undefined);
          for (const { name, failure } of failed) logger.warn({ check: name, reason: failure }, 'Health check failed');
          const lines = results
            .map(({ name, failure }) => (failure === undefined ? `[+]${name} ok\n` : `[-]${name} failed: reason withheld\n`))
            .join('');
          const what = path.slice(1);
          if (failed.length > 0) return sendText(response, 500, `${lines}${what} check failed\n`);
          sendText(response, 200, booleanParameter(query, 'verbose') ? `${lines}${what} check passed\n` : 'ok');
        },
      },
      {
        methods: ['GET', 'HEAD'],
        path: `${path}/:check`,
        ...access(path),
        readOnly: true,
        handle: ({ response, params }) => {
          const check = all.find(({ name }) => name === params['check']);
          if (!check) throw new HttpError(404, '404 page not found\n');
          const failure = look(check);
          if (failure === undefined) return sendText(response, 200, 'ok');
          logger.warn({ check: check.name, reason: failure }, 'Health check failed');
          sendText(response, 500, `internal server error: ${check.name} check failed\n`);
        },
      },
    ];
  });
};

/** Upstream knows a subresource of /healthz alone. */
const access = (path: string): Pick<Route, 'role' | 'isHealthCheck' | 'subresources'> => ({
  role: 'read',
  isHealthCheck: true,
  subresources: path === '/healthz' ? ['healthz', 'proxy'] : ['proxy'],
});

const failureOf = (check: HealthCheck): string | undefined => {
  try {
    return check.check();
  } catch (error) {
    return describeError(error);
  }
};
