interface Operation {
  summary?: string;
  description?: string;
  tags?: string[];
  security?: object[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: unknown }[];
  requestBody?: { content?: Record<string, { schema?: unknown }> };
  responses?: Record<string, { description?: string; content?: Record<string, { schema?: unknown }> }>;
}
interface Document {
  info: { title: string; version: string; description?: string };
  paths?: Record<string, Record<string, Operation>>;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** The API as one page of HTML: no script, no font, no other host. */
export function renderDocsPage(document: Document): string {
  const { info, paths = {} } = document;
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => renderOperation(method, path, item[method] as Operation)),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${html(info.title)} API</title><style>${STYLE}</style></head><body>
<h1>${html(info.title)} <small>${html(info.version)}</small></h1>
<p>${html(info.description ?? '')}</p>
<p>The same for programs: <a href="/openapi.json">openapi.json</a>. Send a credential as
<code>Authorization: Bearer …</code> or <code>X-API-Key: …</code>; errors are problem details (RFC 9457).</p>
${operations.join('\n')}
</body></html>
`;
}

function renderOperation(method: string, path: string, operation: Operation): string {
  const parameters = (operation.parameters ?? []).map(
    (p) =>
      `<tr><td><code>${html(p.name)}</code></td><td>${html(p.in)}${p.required ? ', required' : ''}</td>` +
      `<td>${html(p.description ?? '')}</td><td><code>${html(JSON.stringify(p.schema ?? {}))}</code></td></tr>`,
  );
  const responses = Object.entries(operation.responses ?? {}).map(
    ([status, response]) =>
      `<h4>${html(status)} ${html(response.description ?? '')}</h4>${renderSchema(response.content)}`,
  );
  return `<details id="${html(method + path)}"><summary><b class="${method}">${method.toUpperCase()}</b>
<code>${html(path)}</code> ${html(operation.summary ?? '')}</summary>
<p>${html(operation.description ?? '').replaceAll('\n\n', '<br>')}</p>
${parameters.length ? `<table>${parameters.join('')}</table>` : ''}
${operation.requestBody ? `<h4>Body</h4>${renderSchema(operation.requestBody.content)}` : ''}
${responses.join('')}</details>`;
}

function renderSchema(content: Record<string, { schema?: unknown }> | undefined): string {
  return Object.entries(content ?? {})
    .map(([type, { schema }]) => `<p>${html(type)}</p><pre>${html(JSON.stringify(schema ?? {}, null, 2))}</pre>`)
    .join('');
}

function html(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
details{border:1px solid #d0d7de;border-radius:6px;margin:.5rem 0;padding:.5rem 1rem}summary{cursor:pointer}
summary b{display:inline-block;min-width:4rem}.get{color:#0550ae}.post{color:#116329}.delete{color:#a40e26}.put,.patch{color:#7d4e00}
pre{background:#f6f8fa;padding:.75rem;overflow:auto;max-height:24rem}td{padding:.15rem .75rem .15rem 0;vertical-align:top}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}pre{background:#161b22}a{color:#79c0ff}.get{color:#79c0ff}.post{color:#7ee787}.delete{color:#ffa198}.put,.patch{color:#e3b341}}`;
