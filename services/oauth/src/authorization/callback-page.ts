/** The end of a sign-in as a person reads it; whoever asks for JSON gets JSON. */

export type CallbackAnswer =
  | { acdId: string; name: string; authorization: string }
  | { title: string; detail?: string; remedy?: string; requestId?: string };

/** Browsers name `text/html`; programs name JSON, or take anything. */
export function wantsPage(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((one) => /^\s*text\/html\s*(;\s*(?!q=0(\.0*)?\s*$).*)?$/i.test(one));
}

/** A whole HTML page; every text of it is escaped. */
export function callbackPage(answer: CallbackAnswer): string {
  if ('acdId' in answer) {
    return page('The connection is authorized', [
      `${answer.name} may now be read by the bridge.`,
      'You can close this window.',
    ]);
  }
  const { title, detail, remedy, requestId } = answer;
  return page(title, [
    ...(detail ? [detail] : []),
    ...(remedy ? [`What to do next: ${remedy}`] : []),
    ...(requestId ? [`Request id for support: ${requestId}`] : []),
  ]);
}

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1.5rem;color:#1b1b1b;background:#fff}' +
  'h1{font-size:1.4rem}@media(prefers-color-scheme:dark){body{color:#eee;background:#1b1b1b}}';

function page(title: string, paragraphs: readonly string[]): string {
  const body = paragraphs.map((text) => `<p>${escaped(text)}</p>`).join('\n');
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>
<style>${STYLE}</style></head>
<body>
<h1>${escaped(title)}</h1>
${body}
</body>
</html>
`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (one) => ENTITIES[one]!);
}
