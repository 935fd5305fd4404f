/**
 * What an OpenAPI document of ours must have, for every service's tests: whoever calls a route reads it in /docs only.
 */

export { uncompilableSchemas } from '../schema-compilers.ts';

interface Schema {
  type?: string | string[];
  format?: string;
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  additionalProperties?: boolean | Schema;
  example?: unknown;
  examples?: unknown;
}

interface Content {
  schema?: Schema;
  example?: unknown;
  examples?: unknown;
}

interface Answer {
  description?: string;
  content?: Record<string, Content>;
}

interface Operation {
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; description?: string; schema?: Schema }[];
  requestBody?: { content?: Record<string, Content> };
  responses?: Record<string, Answer>;
}

export interface OpenApiDocument {
  paths: Record<string, Record<string, unknown>>;
}

const METHODS = new Set(['get', 'put', 'post', 'delete', 'patch', 'head', 'options']);

/** What `describeApi` adds to every description: it describes nothing. */
const SCOPE_ONLY = /^Needs the scope `[^`]*`\.$/;

/**
 * Everything that is missing in a document as `GET /openapi.json` gives it, one line each: summary and description of a
 * route, description of each parameter and of each field at any depth, an example of each body, of each success answer
 * and of the error answers; of a binary file a description instead of the example. A document without gaps gives none.
 * @param o.except beginnings of paths that are not looked at
 */
export function gapsOfOpenApi(document: OpenApiDocument, o: { except?: string[] } = {}): string[] {
  const gaps: string[] = [];
  for (const [path, item] of Object.entries(document.paths)) {
    if (o.except?.some((beginning) => path.startsWith(beginning))) continue;
    for (const [method, operation] of Object.entries(item)) {
      if (!METHODS.has(method)) continue;
      for (const gap of gapsOfOperation(operation as Operation)) gaps.push(`${method} ${path}: ${gap}`);
    }
  }
  return gaps;
}

function gapsOfOperation(operation: Operation): string[] {
  const gaps: string[] = [];
  if (!operation.summary) gaps.push('summary');
  if (!operation.description?.replace(SCOPE_ONLY, '')) gaps.push('description');
  for (const { name, in: place, description, schema } of operation.parameters ?? []) {
    if (!description && !schema?.description) gaps.push(`description of the ${place} parameter ${name}`);
  }
  gaps.push(...gapsOfContents(operation.requestBody?.content, 'body'));
  const answers = Object.entries(operation.responses ?? {});
  if (!answers.some(([status]) => /^[23]/.test(status))) gaps.push('an answer of success');
  if (!answers.some(([status]) => /^([45]|default)/.test(status))) gaps.push('an answer of error');
  for (const [status, answer] of answers) {
    if (!answer.description) gaps.push(`description of the answer ${status}`);
    gaps.push(...gapsOfContents(answer.content, `answer ${status}`));
  }
  return gaps;
}

function gapsOfContents(contents: Record<string, Content> | undefined, where: string): string[] {
  return Object.values(contents ?? {}).flatMap((content) => {
    const schema = content.schema ?? {};
    // A file has no fields; one that is streamed is described by its media type.
    if (schema.type === 'null') return [];
    // No example of bytes helps anybody: words do.
    if (schema.type === 'string' && schema.format === 'binary') {
      return schema.description ? [] : [`description of the file of the ${where}`];
    }
    const shown = content.example ?? content.examples ?? schema.example ?? schema.examples;
    return [...(shown === undefined ? [`example of the ${where}`] : []), ...gapsOfFields(schema, where)];
  });
}

function gapsOfFields(schema: Schema, where: string): string[] {
  const inner = [
    ...(schema.items ? [schema.items] : []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...(typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []),
  ];
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
      ...(field.description ? [] : [`description of ${where}/${name}`]),
      ...gapsOfFields(field, `${where}/${name}`),
    ]),
    ...inner.flatMap((one) => gapsOfFields(one, where)),
  ];
}
