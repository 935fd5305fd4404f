/** Who calls. Whose data may be seen is decided by the credential alone. */
export interface Caller {
  /** `key:<id>` or `oidc:<sub>` */
  subject: string;
  /** null: the platform (operators, sibling services) */
  tenantId: string | null;
  scopes: string[];
}
