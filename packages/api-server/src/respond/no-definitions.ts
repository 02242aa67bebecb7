import type { RequestContext } from '../context.js';
import { type PlainAnswer, valueAnswer } from './answer.js';

const GROUP = 'apiextensions.k8s.io';
const VERSION = 'v1';
const PLURAL = 'customresourcedefinitions';

/**
 * The empty list of CustomResourceDefinitions, which no discovery shows: kubectl asks for it when it meets a kind that it does not know, to tell whether
 * one stands behind it, and takes anything but a list for a broken server.
 */
export const noDefinitions = ({ info, request, query, parts }: RequestContext): PlainAnswer | undefined => {
  const isList = request.method === 'GET' && info.group === GROUP && info.version === VERSION && info.parts.join('/') === PLURAL;
  if (!isList || query.has('watch')) return undefined;
  return valueAnswer(
    200,
    { language: 'json', pretty: false },
    {
      kind: 'CustomResourceDefinitionList',
      apiVersion: `${GROUP}/${VERSION}`,
      metadata: { resourceVersion: String(parts.store.version) },
      items: [],
    },
  );
};
