/** The value of a variable, or undefined if there is none of that name. */
export type VariableLookup = (name: string) => string | undefined;

/**
 * Replaces `$(NAME)` by the variable's value, once, as the kubelet does in command, args, env and subPathExpr.
 * `$$` stands for `$`; what names no variable, or is not closed, stays as it was written.
 */
export const expandVariables = (input: string, lookup: VariableLookup): string => {
  let output = '';
  let position = 0;
  for (;;) {
    const dollar = input.indexOf('$', position);
    if (dollar === -1 || dollar === input.length - 1) return output + input.slice(position);
    output += input.slice(position, dollar);
    const next = input[dollar + 1];
    const close = next === '(' ? input.indexOf(')', dollar + 2) : -1;
    if (close !== -1) {
      const name = input.slice(dollar + 2, close);
      output += lookup(name) ?? `$(${name})`;
      position = close + 1;
    } else {
      output += next === '$' ? '$' : `$${next}`;
      position = dollar + 2;
    }
  }
};
