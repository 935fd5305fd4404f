import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import type { Static, TObject, TSchema } from 'typebox';
import { accessProblems } from './access-config.ts';
import { explainSchemaError } from './schema-errors.ts';
import { keyringProblem } from './sealer.ts';

/** What is wrong with the environment, all of it: one line per variable, `NAME: reason. remedy`. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const ajv = new Ajv({ allErrors: true, strictSchema: false, useDefaults: true });
addFormats.default(ajv, { mode: 'full' });
// Checked by `keyringProblem`, which says what is wrong.
ajv.addFormat('keyring', true);

/**
 * Reads the variables that the schema declares out of the environment.
 * Numbers and booleans are converted, lists are comma separated, objects and lists of objects are JSON; an empty
 * variable counts as unset. A property with `secret: true` is also taken from the file that `<NAME>_FILE` names; one with
 * `format: 'keyring'` is checked as `parseKeyring` will read it.
 * @throws ConfigError with every problem at once; it never contains the value of a secret.
 */
export function loadConfig<S extends TObject>(schema: S, env: NodeJS.ProcessEnv = process.env): Static<S> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  const unreadable = new Set<string>();
  for (const [name, property] of Object.entries(schema.properties)) {
    const raw = readRaw(name, property, env, problems, unreadable);
    if (raw !== undefined) values[name] = convert(raw, property);
  }
  const validate = ajv.compile(schema);
  if (!validate(values)) {
    for (const error of validate.errors ?? []) {
      const name = variableOf(error);
      if (!unreadable.has(name)) problems.push(problemLine(name, error, schema));
    }
  }
  problems.push(...keyringProblems(schema, values), ...accessProblems(values));
  if (problems.length > 0) throw new ConfigError([...new Set(problems)]);
  return values as Static<S>;
}

function readRaw(
  name: string,
  property: TSchema,
  env: NodeJS.ProcessEnv,
  problems: string[],
  unreadable: Set<string>,
): string | undefined {
  const direct = env[name] === '' ? undefined : env[name];
  const path = env[`${name}_FILE`];
  if (!path) return direct;
  if (!isSecret(property)) {
    problems.push(`${name}_FILE: only secrets are read from files. Set ${name} itself.`);
    return direct;
  }
  if (direct !== undefined) {
    unreadable.add(name);
    problems.push(`${name}: is set twice, also by ${name}_FILE. Keep one of the two.`);
    return undefined;
  }
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    unreadable.add(name);
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    problems.push(`${name}_FILE: the file '${path}' ${reason}. Mount the secret there or correct the path.`);
    return undefined;
  }
}

function convert(raw: string, property: TSchema): unknown {
  const schema = property as { type?: string; items?: { type?: string } };
  if (schema.type === 'integer' || schema.type === 'number') {
    return /^[+-]?\d+(\.\d+)?$/.test(raw.trim()) ? Number(raw) : raw;
  }
  if (schema.type === 'boolean') {
    const word = raw.trim().toLowerCase();
    if (['true', '1', 'yes', 'on'].includes(word)) return true;
    return ['false', '0', 'no', 'off'].includes(word) ? false : raw;
  }
  if (schema.type === 'array' && schema.items?.type === 'string' && !raw.trim().startsWith('[')) {
    return raw
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '');
  }
  if (schema.type === 'array' || schema.type === 'object') {
    try {
      return JSON.parse(raw);
    } catch {
      return raw;
    }
  }
  return raw;
}

function keyringProblems(schema: TObject, values: Record<string, unknown>): string[] {
  return Object.entries(schema.properties).flatMap(([name, property]) => {
    const value = values[name];
    if ((property as { format?: string }).format !== 'keyring' || typeof value !== 'string') return [];
    const problem = keyringProblem(value);
    return problem === undefined ? [] : [`${name}: ${problem}`];
  });
}

function variableOf(error: ErrorObject): string {
  if (error.keyword === 'required' && error.instancePath === '') return String(error.params.missingProperty);
  return error.instancePath.split('/')[1] ?? '';
}

function problemLine(name: string, error: ErrorObject, schema: TObject): string {
  const property = schema.properties[name];
  const description = (property as { description?: string } | undefined)?.description;
  const hint = description ? ` (${description})` : '';
  if (error.keyword === 'required' && error.instancePath === '') {
    const file = property && isSecret(property) ? ` or ${name}_FILE` : '';
    return `${name}: is not set. Set ${name}${file}${hint}.`;
  }
  const { reason, remedy } = explainSchemaError(error);
  const inner = error.instancePath.split('/').slice(2).join('/');
  const at = inner === '' ? '' : ` at ${inner}`;
  return `${name}: ${reason}${at}. ${remedy}${hint}.`;
}

/** Whether a property holds a secret: never printed, also readable from a file. */
export function isSecret(property: TSchema): boolean {
  return (property as { secret?: boolean }).secret === true;
}
