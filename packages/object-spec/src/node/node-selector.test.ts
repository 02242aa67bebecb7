import { describe, expect, it } from 'vitest';
import { type MixedOptions, parseMixedManifest } from '../index.js';

const pod = (name: string, selector?: string, more = ''): string =>
  `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
${selector === undefined ? '' : `  annotations:\n    solo-kubelet.dev/node-selector: ${selector}\n`}spec: { containers: [{ name: app, image: i${more} }] }
`;
const parse = (text: string, nodeLabels?: MixedOptions['nodeLabels']) => {
  const { documents, emptyList, elsewhere } = parseMixedManifest(text, {
    path: 'a.yaml',
    nodeName: 'n',
    ...(nodeLabels && { nodeLabels }),
  });
  return {
    taken: documents.map(({ index, result }) =>
      result.ok ? `${index} ${'pod' in result ? result.pod.metadata.name : result.object.metadata.name}` : result,
    ),
    elsewhere,
    emptyList,
    documents,
  };
};
const berlin = { site: 'berlin', role: 'camera', 'kubernetes.io/arch': 'arm64', cores: '4' };

describe('the node selector of a document', () => {
  it.each([
    ['site=berlin', true],
    ['"site=berlin,role in (camera, door)"', true],
    ['site=munich', false],
    ['role notin (camera)', false],
    ['"!site"', false],
    ['site', true],
    ['kubernetes.io/arch=arm64', true],
    ['cores>3', true],
    ['cores>4', false],
    ['""', true],
    ['toString', false],
    ['constructor', false],
  ])('%s: taken %s', (selector, taken) => {
    const found = parse(pod('web', selector), berlin);
    expect(found.taken).toEqual(taken ? ['0 web-n'] : []);
    expect(found.elsewhere.map(({ name }) => name)).toEqual(taken ? [] : ['Pod web']);
    expect(found.emptyList).toBe(!taken);
  });

  it('is read off every document and item, and those for others keep their numbers', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- ${pod('c', 'site=munich').trimEnd().replaceAll('\n', '\n  ')}\n- ${pod('d').trimEnd().replaceAll('\n', '\n  ')}\n`;
    const config =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: e, namespace: x, annotations: { solo-kubelet.dev/node-selector: "!site" } }\n';
    const found = parse([pod('a', 'site=munich'), pod('b'), list, config].join('---\n'), berlin);
    expect(found.taken).toEqual(['1 b-n', '3 d-n']);
    expect(found.elsewhere).toEqual([
      { index: 0, line: 1, name: 'Pod a', selector: 'site=munich' },
      { index: 2, line: 18, name: 'Pod c', selector: 'site=munich' },
      { index: 4, line: 30, name: 'ConfigMap x/e', selector: '!site' },
    ]);
    expect(found.emptyList).toBe(false);
  });

  it('is read before what another node may have and this one refuses', () => {
    const kind =
      'apiVersion: example.org/v1\nkind: Camera\nmetadata: { name: x, annotations: { solo-kubelet.dev/node-selector: site=munich } }\n';
    expect(parse(kind, berlin)).toMatchObject({ taken: [], elsewhere: [{ name: 'Camera x' }] });
    expect(parse(kind, { site: 'munich' }).taken).toMatchObject([{ ok: false }]);
  });

  it.each([
    ['site in berlin', "unable to parse requirement: found 'berlin' expected: '('"],
    ['"site=berlin,"', "found '', expected: identifier after ','"],
    ['"-site"', 'unable to parse requirement: <nil>: Invalid value: "-site"'],
  ])('that can not be read is refused with its place, whoever asks: %s', (selector, error) => {
    for (const labels of [berlin, undefined]) {
      const [document] = parse(pod('web', selector), labels).documents;
      if (document === undefined || document.result.ok) throw new Error('it was taken');
      const [issue] = document.result.issues;
      expect(issue).toMatchObject({
        severity: 'error',
        code: 'FIELD_INVALID',
        field: 'metadata.annotations[solo-kubelet.dev/node-selector]',
        line: 6,
        column: 37,
      });
      expect(issue?.message).toContain(error);
    }
  });

  it('that is no text is refused as any annotation', () => {
    expect(parse(pod('web', '{ site: berlin }'), berlin).taken).toMatchObject([{ ok: false }]);
    expect(parse(pod('web', '5'), berlin).taken).toMatchObject([{ ok: false }]);
  });

  it('is warned of where it does not count, whatever it says', () => {
    const text = `${pod('web', 'site in berlin')}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: c, annotations: { solo-kubelet.dev/node-selector: site=munich } }\n`;
    const { documents, elsewhere } = parse(text, 'unread');
    expect(elsewhere).toEqual([]);
    for (const { result } of documents) {
      if (!result.ok) throw new Error('it was refused');
      expect(result.warnings.map(({ message }) => message)).toEqual([expect.stringContaining('it counts in verified sources only')]);
    }
  });

  it('of any size is read in a time that grows with it', () => {
    const text = pod('web', `"${'a in ('.repeat(40_000)}"`);
    const many = pod('web', `"${Array.from({ length: 20_000 }, (_, at) => `l${at}!=x`).join(',')}"`);
    const startMs = performance.now();
    const [bad] = parse(text, berlin).documents;
    expect(bad?.result.ok).toBe(false);
    expect(JSON.stringify(bad?.result, (_key, value) => (typeof value === 'bigint' ? Number(value) : value)).length).toBeLessThan(5_000);
    expect(parse(many, berlin).taken).toEqual(['0 web-n']);
    expect(performance.now() - startMs).toBeLessThan(20_000);
  });
});
