/** As strconv.ParseBool reads it. */
const isTrue = (text: string): boolean => ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text);

/** Whether a person reads the answer: `pretty` says so, or a client that is one of theirs by its name. */
export const wantsIndented = (query: URLSearchParams, userAgent: string): boolean => {
  const pretty = query.get('pretty');
  return pretty === null ? /^(?:curl|Wget|Mozilla\/5\.0)/.test(userAgent) : isTrue(pretty);
};
