import { type TaskCaptures, type WebexClient, WebexError, type WebexErrorKind } from '@wxcc-wfo/webex';

/** What was found out of each task; an error is that task’s own. */
export type AskedCaptures = Map<string, TaskCaptures | WebexError>;

/** Failures that one task may cause for all that are asked with it. */
const OF_ONE_TASK: ReadonlySet<WebexErrorKind> = new Set(['invalid-request', 'invalid-answer', 'not-found', 'refused']);

/**
 * Asks for the captures of up to ten tasks in one query. When the query is refused or its answer can’t be read, it is
 * asked in halves, so that one odd task does not hold up the nine beside it. @throws WebexError of any other kind
 */
export async function askCaptures(
  webex: Pick<WebexClient, 'queryCaptures'>,
  taskIds: string[],
  signal: AbortSignal,
): Promise<AskedCaptures> {
  try {
    const answers = await webex.queryCaptures(taskIds, { includeSegments: true, signal });
    return new Map(answers.map((one) => [one.taskId, one]));
  } catch (error) {
    if (!(error instanceof WebexError) || !OF_ONE_TASK.has(error.kind)) throw error;
    if (taskIds.length === 1) return new Map([[taskIds[0]!, error]]);
    const half = Math.ceil(taskIds.length / 2);
    const first = await askCaptures(webex, taskIds.slice(0, half), signal);
    const second = await askCaptures(webex, taskIds.slice(half), signal);
    return new Map([...first, ...second]);
  }
}
