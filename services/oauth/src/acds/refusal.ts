/** Why something cannot be saved: which field, why, and what to do. */
export interface Refusal {
  field: string;
  reason: string;
  remedy: string;
}
