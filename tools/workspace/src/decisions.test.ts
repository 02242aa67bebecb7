import { describe, expect, it } from 'vitest';
import { faultsOfAll, renderIndex } from '../decisions.mjs';

const decision = (file: string, { status = 'accepted', parts = ['Decision', 'Rationale', 'Consequence'] } = {}) => ({
  file,
  text: `# ${file.slice(0, 3)} A title\n\nStatus: ${status}\n\n${parts.map((part) => `## ${part}\nText.\n`).join('\n')}`,
});

describe('decisions', () => {
  it('finds nothing wrong with whole decisions', () => {
    expect(faultsOfAll([decision('010-one.md'), decision('011-two.md', { status: 'superseded by 010' })])).toEqual([]);
  });

  it('tells of a missing part, a part out of order, an unknown status and a number used twice', () => {
    expect(
      faultsOfAll([
        decision('010-one.md', { parts: ['Decision', 'Consequence'] }),
        decision('010-two.md', { status: 'maybe' }),
        decision('012-three.md', { parts: ['Rationale', 'Decision', 'Consequence'] }),
      ]),
    ).toEqual([
      '010-one.md has no part Rationale',
      '010-one.md has its parts in another order than Decision, Rationale, Consequence',
      '010-two.md has no line "Status: accepted" or "Status: superseded by NNN"',
      '012-three.md has its parts in another order than Decision, Rationale, Consequence',
      '010-two.md has a number that another decision has',
    ]);
  });

  it('lists them under the area of their number', () => {
    expect(renderIndex([decision('010-one.md'), decision('040-two.md', { status: 'superseded by 010' })])).toMatch(
      /## Reading.*\n\n- \[010 A title\]\(010-one.md\)\n\n## Networks\n\n- \[040 A title\]\(040-two.md\) \(superseded by 010\)\n$/,
    );
  });
});
