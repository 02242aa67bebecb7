import { metaTime } from '@solo-kubelet/diagnostics/text';
import { combineLatest, distinctUntilChanged, EMPTY, from, map, mergeMap, type Observable } from 'rxjs';
import { machineIdentity } from '../api/node-object.js';
import { KUBERNETES_VERSION } from '../defaults/kubernetes-version.js';
import type { KubeletContext } from '../kubelet-services.js';
import { type NodeReport, nodeReport } from './core/node-report.js';

/** Hands reports of this node to the targets of `--node-report`. Nothing of them is loaded where there are none. */
export const nodeReportsService = ({
  flags,
  nodeName,
  env,
  node,
  runtimeVersion,
  sources$,
  reconciler,
  clock,
  startedAtMs,
  logger,
}: KubeletContext): Observable<unknown> => {
  const { nodeReports = [] } = flags;
  if (nodeReports.length === 0) return EMPTY;
  let known: { readonly healthy: boolean; readonly sinceMs: number } | undefined;
  const since = (healthy: boolean): number => {
    if (known?.healthy !== healthy) known = { healthy, sinceMs: known === undefined ? startedAtMs : clock.now() };
    return known.sinceMs;
  };
  return from(Promise.all([import('./deliver-reports.js'), machineIdentity(node)])).pipe(
    mergeMap(([{ deliverReports }, { machineID }]) => {
      const report$ = combineLatest([sources$, reconciler.pods$]).pipe(
        map(([sources, pods]) =>
          nodeReport({
            nodeName,
            labels: node.facts.labels,
            machineID,
            kubeletVersion: KUBERNETES_VERSION,
            containerRuntimeVersion: `${runtimeVersion.runtimeName}://${runtimeVersion.runtimeVersion}`,
            sources: sources.values(),
            pods: pods.values(),
            since,
            nowMs: clock.now(),
          }),
        ),
        distinctUntilChanged(isSame),
        map((report) => () => JSON.stringify({ ...report, status: { ...report.status, time: metaTime(clock.now()) } })),
      );
      return deliverReports(nodeReports, { nodeName, env, report$, logger });
    }),
  );
};

/** But for the time. */
const isSame = (a: NodeReport, b: NodeReport): boolean =>
  JSON.stringify({ ...a, status: { ...a.status, time: '' } }) === JSON.stringify({ ...b, status: { ...b.status, time: '' } });
