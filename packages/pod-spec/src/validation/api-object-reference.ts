/** What only an API server has and this Pod refers to, as in "static pods may not reference …"; empty if nothing. */
export const apiObjectReference = (_pod: object): string => '';
