import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import fastJsonStringify from 'fast-json-stringify';
import type { FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify';

// Compiling the schemas of all routes was a third of a service's start, and most routes are asked for rarely or never.
// So each is compiled when it is first needed; `uncompilableSchemas` lets tests find those that never could be.

const options = { allErrors: true, strictSchema: false, useDefaults: true, removeAdditional: false } as const;
const exact = new Ajv(options);
// Path, query and headers are always text; a JSON body says itself what it means.
const coercing = new Ajv({ ...options, coerceTypes: 'array' });
for (const ajv of [exact, coercing]) addFormats.default(ajv, { mode: 'full' });

/** What is not compiled yet, by the name of its place. */
const waiting = new Map<() => unknown, string>();

function whenNeeded<T>(place: string, compile: () => T): () => T {
  let compiled: T | undefined;
  const get = () => {
    if (compiled === undefined) {
      compiled = compile();
      waiting.delete(get);
    }
    return compiled;
  };
  waiting.set(get, place);
  return get;
}

/** Bodies are taken as they are; text in path, query and headers is converted to the schema's type. */
export const validatorCompiler: FastifySchemaCompiler<object> = ({ schema, method, url, httpPart }) => {
  const compiled = whenNeeded(`${method} ${url}, ${httpPart}`, () =>
    (httpPart === 'body' ? exact : coercing).compile(schema),
  );
  const validate = (value: unknown) => {
    const check = compiled();
    const isValid = check(value);
    validate.errors = check.errors;
    return isValid;
  };
  validate.errors = undefined as ValidateFunction['errors'];
  return validate;
};

/** An answer holds what its schema names, and nothing else. */
export const serializerCompiler: FastifySerializerCompiler<object> = ({ schema, method, url, httpStatus }) => {
  const compiled = whenNeeded(`${method} ${url}, answer ${httpStatus}`, () => fastJsonStringify(schema));
  return (value) => compiled()(value);
};

/** Compiles what this process has not needed yet; one line for every schema that is refused. For tests. */
export function uncompilableSchemas(): string[] {
  return [...waiting].flatMap(([compile, place]) => {
    try {
      compile();
      return [];
    } catch (error) {
      return [`${place}: ${(error as Error).message}`];
    }
  });
}
