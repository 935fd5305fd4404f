import type { ErrorObject } from 'ajv';
import { type ProblemError, problem } from './problem.ts';
import { explainSchemaError } from './schema-errors.ts';

const MOST_ERRORS = 20;
const PARTS: Record<string, string> = { body: 'body', params: 'path', querystring: 'query', headers: 'headers' };

/** What Ajv found as problem details that name field, reason and remedy; a value that was sent is never repeated. */
export function validationProblem(errors: readonly ErrorObject[], part: string): ProblemError {
  // 'matches no branch' says nothing that the branches' own findings don't say better.
  const telling = errors.filter(({ keyword }) => keyword !== 'anyOf' && keyword !== 'oneOf' && keyword !== 'if');
  const findings = (telling.length > 0 ? telling : errors).slice(0, MOST_ERRORS).map((error) => {
    const { field, reason, remedy } = explainSchemaError(error);
    const prefix = PARTS[part] ?? part;
    return { field: field === '' ? prefix : `${prefix}/${field}`, reason, remedy: `${remedy}.` };
  });
  const first = findings[0];
  return problem({
    status: 400,
    code: 'invalid-request',
    ...(first ? { detail: `${first.field}: ${first.reason}.`, field: first.field, remedy: first.remedy } : {}),
    errors: findings,
  });
}
