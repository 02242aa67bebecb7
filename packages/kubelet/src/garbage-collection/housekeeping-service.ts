import { criLogs } from '@solo-kubelet/reconciler/cri';
import { merge, tap } from 'rxjs';
import type { KubeletContext, KubeletService } from '../kubelet-services.js';
import { type LogRotationActivity, rotateContainerLogs } from '../log-rotation/rotate-container-logs.js';
import { countOf } from '../node/quantities.js';
import { type CollectionActivity, collectContainers } from './collect-containers.js';
import type { ImageCollectionActivity } from './image-collector.js';

/** Removes dead containers and unused images, and rotates logs, as the configuration says. */
export const housekeepingService: KubeletService = (context) => {
  const { config, cri, images, runtime, owner, clock } = context;
  const wallNow = (): number => clock.now();
  return merge(
    collectContainers({ runtime, wallNow }),
    images.run$,
    rotateContainerLogs({
      logs: criLogs({ cri, owner }),
      maxBytes: countOf(config.containerLogMaxSize),
      maxFiles: config.containerLogMaxFiles,
      workers: config.containerLogMaxWorkers,
      intervalMs: config.containerLogMonitorInterval,
      wallNow,
    }),
  ).pipe(tap((activity) => tellHousekeeping(context, activity)));
};

export type HousekeepingActivity = CollectionActivity | ImageCollectionActivity | LogRotationActivity;

export const tellHousekeeping = ({ logger, metrics }: Pick<KubeletContext, 'logger' | 'metrics'>, activity: HousekeepingActivity): void => {
  const { type, ...fields } = activity;
  if (activity.type === 'imageRemoved') metrics.imageCollected(activity.cause);
  if (type.endsWith('Failed')) logger.warn(fields, 'Housekeeping failed; it will be tried again');
  else if (type === 'imageRemoved') logger.info(fields, 'Unused image removed');
  else logger.debug(fields, type);
};
