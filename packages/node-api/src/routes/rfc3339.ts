const RFC3339 = /^\d{4}-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** The instant, Unix ms, that Go's time.RFC3339 reads; undefined for what it refuses though Date would take it (`2026`, no zone). */
export const parseRfc3339 = (text: string): number | undefined => {
  const match = RFC3339.exec(text);
  const parsed = match ? Date.parse(text.replace(',', '.')) : Number.NaN;
  // Date takes 31 February and 24:00; Go does not.
  const [, month, day, hour] = match ?? [];
  const isLastDay = Number(day) <= new Date(Date.UTC(Number(text.slice(0, 4)), Number(month), 0)).getUTCDate();
  return Number.isNaN(parsed) || !isLastDay || Number(hour) > 23 ? undefined : parsed;
};
