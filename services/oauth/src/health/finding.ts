export type Colour = 'green' | 'amber' | 'red';

/** Something that is not as it should be. */
export interface Finding {
  code: string;
  health: Exclude<Colour, 'green'>;
  sinceMs: number | null;
  reason: string;
  remedy: string;
}
