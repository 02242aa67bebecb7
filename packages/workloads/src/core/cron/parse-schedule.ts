import { type CronSchedule, isTimeZone, parseCronSchedule } from '@solo-kubelet/object-spec';
import type { Result } from '../result.js';

/**
 * Reads `spec.schedule` in the zone `spec.timeZone` as the CronJob controller does: a zone in the schedule itself comes first, one that is not
 * known is passed over, and without any it is UTC. Source: cronjob_controllerv2.go formatSchedule.
 */
export const parseSchedule = (schedule: string, timeZone?: string | null): Result<CronSchedule> => {
  const zoned = !schedule.includes('TZ') && typeof timeZone === 'string' && isTimeZone(timeZone);
  return parseCronSchedule(zoned ? `TZ=${timeZone} ${schedule}` : schedule, (zone) =>
    isTimeZone(zone) ? undefined : `unknown time zone ${zone}`,
  );
};
