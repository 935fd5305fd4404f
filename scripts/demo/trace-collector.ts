import { createServer } from 'node:http';

/** A span as the OTLP/HTTP JSON protocol carries it, as far as the tree needs it. */
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
}

export interface CollectedSpan {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  startMs: number;
  endMs: number;
}

export interface TraceCollector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  url: string;
  spansOf(traceId: string): CollectedSpan[];
  close(): Promise<void>;
}

const MOST_TRACES = 5_000;

/** Takes traces over OTLP/HTTP (JSON) and keeps the latest ones in memory. */
export async function collectTraces(): Promise<TraceCollector> {
  const traces = new Map<string, CollectedSpan[]>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/v1/traces') take(Buffer.concat(chunks).toString('utf8'));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });

  function take(body: string): void {
    const { resourceSpans = [] } = JSON.parse(body) as {
      resourceSpans?: {
        resource?: { attributes?: { key: string; value: { stringValue?: string } }[] };
        scopeSpans?: { spans?: OtlpSpan[] }[];
      }[];
    };
    for (const { resource, scopeSpans = [] } of resourceSpans) {
      const service = resource?.attributes?.find((one) => one.key === 'service.name')?.value.stringValue ?? '?';
      for (const span of scopeSpans.flatMap((scope) => scope.spans ?? [])) {
        const known = traces.get(span.traceId) ?? [];
        known.push({
          service,
          name: span.name,
          traceId: span.traceId,
          spanId: span.spanId,
          parentSpanId: span.parentSpanId || undefined,
          startMs: Number(BigInt(span.startTimeUnixNano) / 1000n) / 1000,
          endMs: Number(BigInt(span.endTimeUnixNano) / 1000n) / 1000,
        });
        traces.set(span.traceId, known);
      }
    }
    for (const traceId of traces.keys()) {
      if (traces.size <= MOST_TRACES) break;
      traces.delete(traceId);
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The trace collector has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    spansOf: (traceId) => traces.get(traceId) ?? [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Only the hops of one call: what the bridge itself names, and the calls between processes. */
const SHOWN = /^(capture\.|media-import\.|segmenter\.|task-ended|recording-available|contact-segmented)/;
const MOST_SIBLINGS = 6;

/** The spans of one trace as an indented tree, every hop with its duration and its start after the first one. */
export function drawTrace(spans: CollectedSpan[], taskSpanId: string | undefined): string[] {
  const children = new Map<string | undefined, CollectedSpan[]>();
  const ids = new Set(spans.map((span) => span.spanId));
  for (const span of spans) {
    const parent = span.parentSpanId && ids.has(span.parentSpanId) ? span.parentSpanId : undefined;
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const firstMs = Math.min(...spans.map((span) => span.startMs));
  const lines: string[] = [];
  const onPath = taskSpanId === undefined ? undefined : pathTo(spans, taskSpanId);

  function draw(span: CollectedSpan, depth: number): void {
    const inner = children.get(span.spanId) ?? [];
    const skipped = onPath && depth > 0 && !onPath.has(span.spanId) && isBeside(span, onPath);
    if (skipped) return;
    let next = depth;
    if (SHOWN.test(span.name)) {
      const at = `+${(span.startMs - firstMs).toFixed(0)} ms`.padStart(10);
      const took = `${(span.endMs - span.startMs).toFixed(1)} ms`.padStart(10);
      lines.push(`${at} ${took}  ${'  '.repeat(depth)}${span.service}: ${span.name}`);
      next = depth + 1;
    }
    const shown = inner.sort((a, b) => a.startMs - b.startMs);
    for (const child of shown.slice(0, onPath ? undefined : MOST_SIBLINGS)) draw(child, next);
  }
  // A span whose parent has not arrived yet is no root; only what is on the call’s own path is drawn.
  const roots = (children.get(undefined) ?? []).filter((span) => !onPath || onPath.has(span.spanId));
  for (const root of roots.sort((a, b) => a.startMs - b.startMs)) draw(root, 0);
  return lines;
}

/** All spans from the root to the task’s span, and everything below it. */
function pathTo(spans: CollectedSpan[], spanId: string): Set<string> {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const path = new Set<string>();
  for (let at = byId.get(spanId); at; at = at.parentSpanId ? byId.get(at.parentSpanId) : undefined) path.add(at.spanId);
  const below = [spanId];
  for (let at = below.pop(); at; at = below.pop()) {
    path.add(at);
    for (const span of spans) if (span.parentSpanId === at && !path.has(span.spanId)) below.push(span.spanId);
  }
  return path;
}

function isBeside(span: CollectedSpan, path: Set<string>): boolean {
  return !path.has(span.spanId);
}
