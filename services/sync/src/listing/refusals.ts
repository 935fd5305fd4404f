import { type ProblemError, type ProblemField, problem } from '@wxcc-wfo/service-kit';

/** 422 that names everything that refuses an edit. */
export function refused(what: string, errors: readonly ProblemField[]): ProblemError {
  const [first] = errors;
  return problem({
    status: 422,
    code: 'invalid-request',
    title: `${what} cannot be saved like this`,
    detail: errors.map((error) => `${error.field}: ${error.reason}`).join(' '),
    ...(first ? { field: first.field } : {}),
    ...(first?.remedy ? { remedy: first.remedy } : {}),
    errors: [...errors],
  });
}

/** 404 for what is not there, or another tenant's. */
export function notFound(what: string, id: string, list: string): ProblemError {
  return problem({
    status: 404,
    code: 'not-found',
    detail: `There is no ${what} ${id}, or it is another tenant’s.`,
    remedy: `Take an id from ${list}.`,
  });
}

/** 409 for an edit that what is stored forbids. */
export function conflict(o: { title: string; detail: string; remedy: string; field?: string }): ProblemError {
  return problem({ status: 409, code: 'conflict', ...o });
}
