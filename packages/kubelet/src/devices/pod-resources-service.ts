import { join } from 'node:path';
import { servePodResources } from '@solo-kubelet/device-plugins/pod-resources';
import { describeError } from '@solo-kubelet/diagnostics';
import type { Pod } from '@solo-kubelet/pod-spec';
import { ignoreElements, merge, Observable, tap } from 'rxjs';
import { activePods } from '../cpu/active-pods.js';
import type { KubeletContext, KubeletService } from '../kubelet-services.js';

/** The PodResources API on `<root>/pod-resources/kubelet.sock`. Without it the kubelet goes on. */
export const podResourcesService: KubeletService = (context) => {
  let pods: readonly Pod[] = [];
  const follow$ = context.reconciler.pods$.pipe(
    tap((views) => {
      pods = activePods(views).map(({ pod }) => pod);
    }),
  );
  return merge(
    follow$,
    serve$(context, () => pods),
  ).pipe(ignoreElements());
};

const serve$ = ({ flags, devices, resources: { cpus }, logger }: KubeletContext, pods: () => readonly Pod[]): Observable<never> =>
  new Observable((subscriber) => {
    const path = join(flags.rootDirectory, 'pod-resources', 'kubelet.sock');
    const source = {
      pods,
      devices: devices.devices,
      allocatableDevices: devices.allocatableDevices,
      ...(cpus === undefined ? {} : { cpus: cpus.exclusiveCpus, allocatableCpus: cpus.allocatableCpus }),
    };
    const serving = servePodResources({ path, source });
    serving.catch((error: unknown) => logger.warn({ path, err: describeError(error) }, 'The PodResources API is not served'));
    subscriber.add(
      () =>
        void serving.then(
          (server) => server[Symbol.asyncDispose](),
          () => {},
        ),
    );
  });
