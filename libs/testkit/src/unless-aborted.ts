/**
 * What `work` gives, or the signal's reason as soon as it is aborted. Work that can't be called off goes on then; what it
 * gives later is handed to `undo`.
 */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal?: AbortSignal,
  undo?: (late: T) => unknown,
): Promise<T> {
  if (signal === undefined) return work;
  const leave = async () => {
    const late = await work;
    await undo?.(late);
  };
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      leave().catch(() => {});
      reject(signal.reason);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
