import type { TObject, TSchema } from 'typebox';
import { isSecret } from './config.ts';

/** One markdown section with a table of every variable that the schema declares, for docs/environment-variables.md. */
export function describeEnvironment(service: string, schema: TObject): string {
  const required = new Set((schema as { required?: readonly string[] }).required ?? []);
  const rows = Object.entries(schema.properties).map(([name, property]) => row(name, property, required.has(name)));
  return [
    `## ${service}`,
    '',
    '| variable | takes | default | what it is for |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function row(name: string, property: TSchema, isRequired: boolean): string {
  const { description = '', default: fallback } = property as { description?: string; default?: unknown };
  const names = isSecret(property) ? `\`${name}\` or \`${name}_FILE\` (secret)` : `\`${name}\``;
  const value = fallback === undefined ? (isRequired ? '**required**' : '–') : `\`${shown(fallback)}\``;
  return `| ${names} | ${cell(takes(property))} | ${value} | ${cell(description)} |`;
}

function takes(property: TSchema): string {
  const schema = property as { type?: string; enum?: unknown[]; items?: { type?: string }; format?: string };
  if (schema.enum) return schema.enum.join(', ');
  if (schema.type === 'array') return schema.items?.type === 'string' ? 'list' : 'JSON list';
  if (schema.type === 'object') return 'JSON';
  if (schema.type === 'string') return schema.format === 'uri' ? 'URL' : 'text';
  return schema.type ?? 'text';
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '(empty)' : value.join(',');
  return value === '' ? '(empty)' : String(value);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
