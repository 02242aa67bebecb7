/** What the small form measures. All of it is a ratio to the floor of the same run, or a count: no times, which differ from machine to machine. */
export interface SmallForm {
  readonly 'calls of the runtime over the bare ones': number;
  readonly 'looks at the runtime for each Pod': number;
  readonly 'operations on files for each Pod': number;
  readonly 'CPU time over that of the bare calls': number;
}

/** Most that a value may be over the recorded one. Counts are steady; processor time is not (one build gave 4.6 to 7.3 on two machines), and how often is looked depends on when events come. */
export const MOST_OVER: SmallForm = {
  'calls of the runtime over the bare ones': 1.15,
  'looks at the runtime for each Pod': 2,
  'operations on files for each Pod': 1.15,
  'CPU time over that of the bare calls': 2,
};

/** What has become worse than the recorded values allow, one line each; empty when nothing has. */
export const regressions = (measured: SmallForm, recorded: SmallForm): readonly string[] =>
  (Object.keys(MOST_OVER) as (keyof SmallForm)[]).flatMap((name) => {
    const most = recorded[name] * MOST_OVER[name];
    return measured[name] <= most
      ? []
      : [`${name}: ${measured[name].toFixed(2)}, recorded ${recorded[name].toFixed(2)}, at most ${most.toFixed(2)}`];
  });
