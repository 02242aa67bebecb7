/** Runtimes name sandboxes, containers and processes in 64 hex digits; a digest has the same form behind the name of its algorithm. */
const RUNTIME_ID = /(?<![\w:/.-])[0-9a-f]{64}(?![\w-])/g;

/** The message without the ids that runtimes make up at every try, so that the same trouble is the same event. */
export const stableMessage = (message: string): string => message.replace(RUNTIME_ID, '<id>');
