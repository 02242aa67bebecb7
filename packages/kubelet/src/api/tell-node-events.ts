import { type NodeEvent, nodeEvents, STARTING_EVENT } from '@solo-kubelet/control-plane/events';

/** Given the v1 Node each time it was looked at, tells what of it is worth an event: first that the kubelet starts, and each condition. */
export const nodeEventTeller = (tell: (event: NodeEvent) => void): ((node: object) => void) => {
  type Node = Parameters<typeof nodeEvents>[1];
  let held: Node | undefined;
  return (node) => {
    const told = node as Node;
    if (held === undefined) tell(STARTING_EVENT);
    for (const event of nodeEvents(held, told)) tell(event);
    held = told;
  };
};
