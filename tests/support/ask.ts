export interface Ask {
  /** An API key; none: the call carries no credential. */
  key?: string;
  method?: string;
  body?: string;
  headers?: Record<string, string>;
}

/** Any call as anybody may make it: its status and its body, which is a problem where it was refused. */
// biome-ignore lint/suspicious/noExplicitAny: tests match the body, whatever it is
export async function ask(url: string, o: Ask = {}): Promise<{ status: number; body: any }> {
  const answer = await fetch(url, {
    method: o.method ?? (o.body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(o.key === undefined ? {} : { authorization: `Bearer ${o.key}` }),
      ...(o.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...o.headers,
    },
    ...(o.body === undefined ? {} : { body: o.body }),
  });
  const text = await answer.text();
  const isJson = /json/.test(answer.headers.get('content-type') ?? '');
  return { status: answer.status, body: isJson ? JSON.parse(text) : text };
}
