import type { CollectedSpan } from '../../scripts/demo/trace-collector.ts';

/** One span of the way, by the process that made it and its name. */
export interface Hop {
  service: string;
  name: string;
}

export interface ChainLink {
  span: CollectedSpan;
  parent: CollectedSpan | undefined;
}

export const hop = (service: string, name: string): Hop => ({ service, name });

/** All chains of spans that are each other's parents, in the order of `hops`. Work within a process may lie between. */
export function chainsOf(spans: readonly CollectedSpan[], hops: readonly Hop[]): ChainLink[][] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const parentOf = (span: CollectedSpan) => (span.parentSpanId ? byId.get(span.parentSpanId) : undefined);
  const last = hops.at(-1)!;
  const is = (span: CollectedSpan, wanted: Hop) => span.service === wanted.service && span.name === wanted.name;
  return spans
    .filter((span) => is(span, last))
    .flatMap((span) => {
      const chain: ChainLink[] = [];
      let at: CollectedSpan | undefined = span;
      for (const wanted of hops.toReversed()) {
        while (at && !is(at, wanted) && at.service === chain[0]?.span.service) at = parentOf(at);
        if (!at || !is(at, wanted)) return [];
        const parent = parentOf(at);
        chain.unshift({ span: at, parent });
        at = parent;
      }
      return [chain];
    });
}
