import type { ActiveFault, FaultBoard } from '../faults/fault-board.ts';
import type { DirectoryStore } from './directory-store.ts';
import type { Resource } from './records.ts';

/** One page as it is answered, before it gets its links. */
export interface ListPage {
  page: number;
  pageSize: number;
  totalPages: number;
  totalRecords: number;
  /** Places of the page's records within all that pass the filter. */
  from: number;
  to: number;
}

/** Changes the directory just before a page is cut, so that what was not read yet moves. */
export function shiftDirectory(faults: FaultBoard, store: DirectoryStore, resource: Resource, page: number): void {
  const shift = faults.strike('directory-shift', 'config', { resource, page });
  if (shift === undefined) return;
  const table = store.table(resource);
  for (const { id } of table.slice(0, shift.remove ?? 0)) store.remove(resource, id);
  for (let n = 0; n < (shift.add ?? 0); n++) {
    const name = `Added ${shift.struck}-${n}`;
    store.add(resource, resource === 'user' ? { firstName: 'Added', lastName: name } : { name });
  }
}

/** Lets a listing lie about itself. */
export function strikePage(faults: FaultBoard, resource: Resource, given: ListPage): ListPage {
  const where = { resource, page: given.page };
  let answer = given;
  const half = faults.strike('directory-half', 'config', where);
  if (half !== undefined) answer = halfOf(answer, half);
  const missing = faults.strike('directory-missing-pages', 'config', { resource });
  if (missing !== undefined) {
    const totalPages = Math.min(answer.totalPages, missing.fromPage ?? 1);
    answer = { ...answer, totalPages, ...(given.page >= totalPages ? { to: answer.from } : {}) };
  }
  const wrong = faults.strike('directory-wrong-total', 'config', where);
  if (wrong !== undefined) answer = { ...answer, totalRecords: Math.max(0, answer.totalRecords + (wrong.delta ?? 1)) };
  if (faults.strike('directory-empty-page', 'config', where) !== undefined) answer = { ...answer, to: answer.from };
  return answer;
}

/** A part of the records that says of itself to be all. */
function halfOf(given: ListPage, { share = 0.5 }: ActiveFault): ListPage {
  const totalRecords = Math.floor(given.totalRecords * share);
  return {
    ...given,
    totalRecords,
    totalPages: Math.ceil(totalRecords / given.pageSize),
    from: Math.min(given.from, totalRecords),
    to: Math.min(given.to, totalRecords),
  };
}
